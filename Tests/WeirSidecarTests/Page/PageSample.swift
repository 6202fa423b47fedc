/// A status as the contract has it, with some of everything.
enum PageSample {
    static let status = """
        {"version":"0.1.0","started_at":"2026-11-21T00:00:00Z","uptime_seconds":12.5,"status":"warn","draining":false,
         "config":{"path":"weir.yaml","loaded_at":"2026-11-21T00:00:00Z","reloads_failed":0},
         "upstreams":[{"name":"bybit","url":"https://api.bybit.com","listen":"127.0.0.1:8081","mode":"shadow",
          "status":"warn","reasons":["circuit_open:place_order","frozen"],"frozen_for_ms":12000,"banned":false,
          "circuit":null,
          "limits":[
           {"name":"ip","algorithm":"sliding_window","limit":600,"window_seconds":5,"used":123,"remaining":477,
            "percentage_used":20.5,"effective_factor":0.5,"reserve":0.1,"next_free_in_ms":0,"keys":1,"shared":null},
           {"name":"client","algorithm":"sliding_window","limit":100,"window_seconds":60,"used":null,"remaining":null,
            "percentage_used":null,"effective_factor":1,"next_free_in_ms":null,"keys":4213,"shared":null}],
          "provider":{"limit":600,"remaining":481,"reset_timestamp":1763683200.0,"percentage_used":19.8,
           "seen_at":"2026-11-21T00:00:10Z"},
          "queue":{"length":3,"max_length":1024,"oldest_wait_ms":1200},
          "connections":{"active":3,"idle":5,"max":100},
          "retry_budget":{"remaining":12},"permits":{"outstanding":0},
          "endpoints":[
           {"name":"wallet","priority":"low","bypass_circuit":true,"circuit":null,"limits":[],"provider":null,
            "requests":{"success":7},"in_flight":0},
           {"name":"place_order","priority":"high","bypass_circuit":false,
            "circuit":{"state":"open","since":"2026-11-21T00:00:00Z","failures_in_window":10,"fail_threshold":10,
             "next_probe_in_ms":21000,"forced":null,"transitions":3},
            "limits":[{"name":"orders","algorithm":"token_bucket","limit":30,"window_seconds":null,"used":30,
             "remaining":0,"percentage_used":100,"effective_factor":1,"next_free_in_ms":100,"keys":1,"shared":null}],
            "provider":null,
            "requests":{"success":120,"upstream_error":10,"circuit_open":55},"in_flight":2}]}]}
        """

    static let events = [
        #"{"seq":1,"time":"2026-11-21T00:00:00Z","type":"circuit","upstream":"bybit","to":"open","cause":"failures"}"#
    ]
}
