/// A configuration that gives every key another value than its default.
let sampleConfiguration = """
    admin: { listen: "[::1]:9000", allow_hosts: [Weir.Internal, "ops:9000"], allow_changes: on, max_connections: 9 }
    api: { listen: unix:/run/weir/api.sock }
    log: { level: debug, format: json, access: true }
    state_file: /var/lib/weir/state
    drain_timeout: 1m
    shared:
      { redis: "rediss://weir:hunter2@redis.internal:6380/2", instances: 4, command_timeout: 20ms, key_prefix: w- }
    upstreams:
      - name: bybit
        listen: unix:/run/weir/bybit.sock
        hosts: [API.Bybit.com:443, "[::1]:80"]
        url: http://10.0.0.1:8080/v5/
        ca_file: /etc/ca.pem
        preserve_host: true
        request_headers: { X-BAPI-API-KEY: "k*1" }
        trusted_proxies: [10.0.0.0/8, "fd00::/8", 192.0.2.7]
        caller_headers: ignore
        via: true
        mode: shadow
        limits:
          - { name: ip, algorithm: sliding_window, requests: 600, per: 5s, margin: 0s, on_limit: reject }
          - { name: slow, algorithm: token_bucket, rate: 0.33/s, burst: 16, reserve: 0.25, shared: true }
          - { name: day, algorithm: calendar_window, requests: 160000, per: 24h, margin: 1s, on_limit: reject }
          - { name: pace, algorithm: spacing, every: 100ms, margin: 5ms }
          - name: places
            algorithm: concurrency
            max: 7
            key: [client_ip, "header:X-Key", "cookie:session"]
            key_missing: reject
            max_keys: 55
            host_load:
              elevated: { cpu: 0.6, memory: 0.7, factor: 0.7 }
              high: { cpu: 0.8, memory: 0.9, factor: 0.5 }
          - name: classes
            algorithm: sliding_window
            requests: 100
            per: 1s
            key: "query:user"
            tiers: { by: "header:X-Tier", default: free, free: {}, gold: { requests: 1000, margin: 1ms } }
        endpoint_defaults:
          limits:
            - { name: each, algorithm: sliding_window, requests: 10, per: 1s }
            - { name: burst, algorithm: token_bucket, rate: 8/s, burst: 4 }
        queue: { max_wait: 6s, max_length: 64 }
        expires: { header: X-BAPI-TIMESTAMP, window: 4s }
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
        pool: { max_connections: 5, idle_timeout: 6s, dns_ttl: 0s }
        retry:
          max_attempts: 5
          initial_delay: 100ms
          multiplier: 1.5
          max_delay: 3s
          jitter: 0
          methods: [GET, PUT]
          statuses: [503]
          on: [connect]
          budget: { ratio: 0.1, min_per_second: 0.5, window: 5s }
          max_body: 1MiB
        feedback:
          headers: bybit
          limit: ip
          clamp: false
          warn_remaining: 7
          slow_remaining: 3
          slow_delay: 10ms
          freeze_scope: endpoint
          shrink_on_429: 0.75
          recover_over: 2m
          ban_statuses: [403]
          ban_freeze: 5m
          classify: [{ body_contains: '"retCode":10006', as: rate_limited }, { body_contains: banned, as: ban }]
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
            retry: { max_attempts: 2 }
            queue: { max_length: 8 }
          - name: cancel
            match: { path: "/v5/order/{id}" }
            priority: critical
            breaker: off
            cost: "header:X-Cost"
            retry: off
          - { name: market, match: { method: GET, path: /v5/market/* }, priority: low, cost: "query:n" }
    """
