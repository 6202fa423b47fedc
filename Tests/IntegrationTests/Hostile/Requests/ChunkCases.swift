extension Hostile.Request {
    /// Chunked bodies that end elsewhere for a laxer reader: the origin never sees them end.
    static let chunkFraming: [Self] =
        [
            ("no size", "\r\nhello\r\n0\r\n\r\n"), ("no number", "zz\r\nhello\r\n0\r\n\r\n"),
            ("blank behind a size", "5 \r\nhello\r\n0\r\n\r\n"), ("blank before a size", " 5\r\nhello\r\n0\r\n\r\n"),
            ("tab behind a size", "5\t\r\nhello\r\n0\r\n\r\n"), ("signed size", "+5\r\nhello\r\n0\r\n\r\n"),
            ("negative size", "-5\r\nhello\r\n0\r\n\r\n"), ("0x in a size", "0x5\r\nhello\r\n0\r\n\r\n"),
            ("underscore in a size", "0_5\r\nhello\r\n0\r\n\r\n"), ("comma behind a size", "5,\r\nhello\r\n0\r\n\r\n"),
            ("size in quotes", "\"5\"\r\nhello\r\n0\r\n\r\n"),
            ("size beyond 60 bits", "1000000000000005\r\nhello\r\n0\r\n\r\n"),
            ("size beyond 64 bits", "ffffffffffffffff5\r\nhello\r\n0\r\n\r\n"),
            ("size of all ones", "ffffffffffffffff\r\nhello\r\n0\r\n\r\n"),
            ("NUL in a size", "5\0\r\nhello\r\n0\r\n\r\n"),
            ("bare LF behind a size", "5\nhello\r\n0\r\n\r\n"), ("bare CR behind a size", "5\rhello\r\n0\r\n\r\n"),
            ("CR CR LF behind a size", "5\r\r\nhello\r\n0\r\n\r\n"),
            ("more data than the size", "5\r\nhello!\r\n0\r\n\r\n"),
            ("less data than the size", "6\r\nhello\r\n0\r\n\r\n"), ("no CR LF behind data", "5\r\nhello0\r\n\r\n"),
            ("bare LF behind data", "5\r\nhello\n0\r\n\r\n"), ("bare CR behind data", "5\r\nhello\r0\r\n\r\n"),
            ("other bytes for CR LF", "5\r\nhelloXX0\r\n\r\n"), ("LF in an extension", "5;\nx\r\nhello\r\n0\r\n\r\n"),
            ("CR in an extension", "5;a\rb\r\nhello\r\n0\r\n\r\n"),
            ("NUL in an extension", "5;\0\r\nhello\r\n0\r\n\r\n"),
            ("long extension", "5;\(String(repeating: "e", count: 257))\r\nhello\r\n0\r\n\r\n"),
            ("extension before the size", ";a=b5\r\nhello\r\n0\r\n\r\n"), ("bare LF behind the last size", "0\n\r\n"),
            ("bare LF at the end", "0\r\n\n"), ("bare CR at the end", "0\r\n\rX"), ("signed last size", "-0\r\n\r\n"),
            ("blank before a trailer's colon", "0\r\nX-A : b\r\n\r\n"),
            ("folded trailer", "0\r\nX: y\r\n folded\r\n\r\n"),
            ("trailer without a name", "0\r\n: b\r\n\r\n"), ("trailer without a colon", "0\r\nX\r\n\r\n"),
            ("trailer ending in a bare LF", "0\r\nX-A: b\n\r\n"), ("NUL in a trailer", "0\r\nX-A: \0\r\n\r\n"),
        ].map { chunks($0.0, $0.1) } + [
            chunks("101 trailers", "0\r\n\(String(repeating: "X: y\r\n", count: 101))\r\n", status: 431),
            chunks("trailers above 32 KiB", "0\r\nX: \(String(repeating: "y", count: 33_000))\r\n\r\n", status: 431),
        ]
}
