/// A configuration that gives every key of this version another value than its default.
let sampleConfiguration = """
    admin: { listen: "[::1]:9000", allow_hosts: [Weir.Internal, "ops:9000"], max_connections: 9 }
    log: { level: debug }
    drain_timeout: 1m
    upstreams:
      - name: bybit
        listen: unix:/run/weir/bybit.sock
        hosts: [API.Bybit.com:443, "[::1]:80"]
        url: http://10.0.0.1:8080/v5/
        ca_file: /etc/ca.pem
        preserve_host: true
        request_headers: { X-BAPI-API-KEY: "k*1" }
        caller_headers: ignore
        limits:
          - { name: ip, algorithm: sliding_window, requests: 600, per: 5s, margin: 0s, on_limit: reject }
          - { name: slow, algorithm: token_bucket, rate: 0.33/s, burst: 16 }
        endpoint_defaults:
          limits:
            - { name: each, algorithm: sliding_window, requests: 10, per: 1s }
            - { name: burst, algorithm: token_bucket, rate: 8/s, burst: 4 }
        queue: { max_wait: 6s, max_length: 64 }
        breaker:
          scope: endpoint
          window: 30s
          fail_threshold: null
          failure_ratio: 0.5
          min_requests: 5
          slow_call: 2s
          cooldown: 10s
          max_cooldown: 2m
          min_dwell: 1s
          half_open_dwell: 3s
          probe_count: 2
          probe_timeout: 4s
        timeouts: { connect: 1s, response: 2s, request: 7s, idle: 4s }
        pool: { max_connections: 5, idle_timeout: 6s }
        retry: off
        feedback: { headers: none }
        endpoints:
          - name: place_order
            match: { method: POST, path: /v5/order/create }
            priority: high
            bypass_circuit: true
            cost: 2
            limits:
              - { name: each, algorithm: sliding_window, requests: 20, per: 1s }
              - { name: own, algorithm: token_bucket, rate: 1/s, burst: 2 }
            breaker: { fail_threshold: 3, failure_ratio: null }
            queue: { max_length: 8 }
          - { name: cancel, match: { path: "/v5/order/{id}" }, priority: critical, breaker: off, cost: "header:X-Cost" }
          - { name: market, match: { method: GET, path: /v5/market/* }, priority: low, cost: "query:n" }
    """
