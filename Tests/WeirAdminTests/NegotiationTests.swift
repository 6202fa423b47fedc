import Testing

@testable import WeirAdmin

@Suite("Negotiation")
struct NegotiationTests {
    @Test(
        "OpenMetrics is for those who name it and like text no better",
        arguments: [
            ([], .text), ([""], .text), (["*/*"], .text), (["text/plain"], .text), (["text/html, */*;q=0.8"], .text),
            (["application/openmetrics-text"], .openMetrics),
            (["application/openmetrics-text; version=1.0.0"], .openMetrics),
            (["application/openmetrics-text;version=0.0.1"], .text),
            (["application/openmetrics-text;version=2.0.0,text/plain;q=0.1"], .text),
            (["application/openmetrics-text;q=0"], .text), (["application/openmetrics-text;q=0.000"], .text),
            (["application/openmetrics-text;q=0.4,text/plain;q=0.5"], .text),
            (["application/openmetrics-text;q=0.5,text/plain;q=0.4"], .openMetrics),
            (["application/openmetrics-text;q=0.5,text/*;q=0.6"], .text),
            (["application/openmetrics-text;q=0.5,*/*;q=0.6"], .text),
            (["application/openmetrics-text;q=0.5,text/plain;q=0.1,*/*;q=0.6"], .openMetrics),
            (["text/plain, application/openmetrics-text"], .openMetrics),
            (["text/plain;q=0.5", "APPLICATION/OpenMetrics-Text ; Version=1.0.0 ; Q=0.9"], .openMetrics),
            (["application/openmetrics-text;q=2"], .text), (["application/openmetrics-text;q=x"], .text),
            (["application/openmetrics-text;q=nan"], .text), (["application/openmetrics-text;q"], .openMetrics),
            ([",;,=;q=,,;;"], .text), (["application/json"], .text),
            // As Prometheus 2.42 and 3.0 ask.
            (
                [
                    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                        + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
                ], .openMetrics
            ),
            (
                [
                    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
                        + "application/openmetrics-text;version=0.0.1;q=0.4,"
                        + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,/;q=0.1"
                ], .openMetrics
            ),
            (["text/plain;version=0.0.4;q=0.5,*/*;q=0.1"], .text),
        ] as [([String], MetricsQuery.Format)])
    func format(accept: [String], format: MetricsQuery.Format) {
        #expect(Negotiation.format(accept: accept) == format)
    }

    @Test(
        "gzip is for those who ask for it and like no other coding better",
        arguments: [
            ([], false), ([""], false), (["identity"], false), (["deflate, br"], false), (["gzip"], true),
            (["GZIP"], true), (["x-gzip"], true), (["deflate, gzip;q=0.1"], true), (["*"], true),
            (["gzip;q=0"], false), (["gzip;q=0, *"], false), (["*;q=0"], false), (["identity;q=0.5, gzip"], true),
            (["identity, gzip;q=0.5"], false), (["identity;q=0, gzip;q=0.001"], true), (["deflate", "gzip"], true),
            (["gzip;q=1.5"], false), (["gzipped"], false),
        ] as [([String], Bool)])
    func gzip(acceptEncoding: [String], isWanted: Bool) {
        #expect(Negotiation.gzip(acceptEncoding: acceptEncoding) == isWanted)
    }
}
