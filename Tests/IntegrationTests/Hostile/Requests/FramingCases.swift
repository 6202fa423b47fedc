extension Hostile.Request {
    /// Two ways to find the end of a body: CL.TE, TE.CL, TE.TE, CL.CL and what obscures them.
    static let framing: [Self] =
        [
            post("length, then coding", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
            post("coding, then length", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
            post("length 0 and coding", "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"),
            post("coding and an obscured length", "Transfer-Encoding: chunked\r\ncontent-length:\t5\r\n"),
            post("coding of HTTP/1.0", "Transfer-Encoding: chunked\r\n", version: "1.0"),
            post(
                "length and coding of HTTP/1.0", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", version: "1.0"),
            post("coding twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
            post("coding, then identity", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"),
            post("identity, then coding", "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n"),
            post("coding, then nonsense in lower case", "Transfer-Encoding: chunked\r\ntransfer-encoding: x\r\n"),
            post("no colon behind the coding", "Transfer-Encoding chunked\r\n"),
            post("coding before a blank and a colon", "Transfer-Encoding : chunked\r\n"),
            post("coding before a tab and a colon", "Transfer-Encoding\t: chunked\r\n"),
            post("length before a blank and a colon", "Content-Length : 5\r\n"),
            post("blank before the name of the coding", "X: y\r\n Transfer-Encoding: chunked\r\n"),
            post("tab before the name of the length", "X: y\r\n\tContent-Length: 5\r\n"),
            post("coding folded", "Transfer-Encoding:\r\n chunked\r\n"),
            post("coding folded by a tab", "Transfer-Encoding:\r\n\tchunked\r\n"),
            post("length folded", "Content-Length:\r\n 5\r\n"), post("length continued", "Content-Length: 5\r\n 6\r\n"),
            post("coding behind a bare LF", "X: y\nTransfer-Encoding: chunked\r\n"),
            post("coding behind a bare CR", "X: y\rTransfer-Encoding: chunked\r\n"),
            post("coding behind a CR CR LF", "X: y\r\r\nTransfer-Encoding: chunked\r\n"),
            post("coding behind a NUL", "X: y\0Transfer-Encoding: chunked\r\n"),
            post("coding ending in a bare LF", "Transfer-Encoding: chunked\n"),
            post("length ending in a bare LF", "Content-Length: 5\n"),
            post("NUL in the name of the coding", "Transfer-Encoding\0: chunked\r\n"),
            post("underscore in the coding's name", "Transfer_Encoding: chunked\r\n"),
            post("underscore in the length's name", "Content_Length: 5\r\n"),
            post("underscored coding beside a length", "Content-Length: 5\r\nTRANSFER_ENCODING: chunked\r\n"),
            post("underscored length beside a coding", "Transfer-Encoding: chunked\r\ncontent_length: 5\r\n"),
            post("Connection names the length", "Content-Length: 5\r\nConnection: Content-Length\r\n"),
            post(
                "Connection names the coding", "Transfer-Encoding: chunked\r\nConnection: close, transfer-encoding\r\n"),
            post("Connection names an underscored length", "Connection: content_length\r\nContent-Length: 5\r\n"),
            post("two lengths", "Content-Length: 5\r\nContent-Length: 6\r\n"),
            post("the same length twice", "Content-Length: 5\r\nContent-Length: 5\r\n"),
            post("lengths in two letter cases", "Content-Length: 5\r\ncontent-length: 0\r\n"),
        ] + codings + lengths

    private static let codings: [Self] = [
        "gzip", "identity", "gzip, chunked", "chunked, gzip", "chunked, identity", "identity, chunked",
        "chunked, chunked", "chunked,", ", chunked", "\"chunked\"", "'chunked'", "chunked;q=1", "chunked; a=b",
        "xchunked",
        "chunkedx", "chunked chunked", "x chunked", "chunk", "chunke\u{212A}", "ch\u{FC}nked", "\u{0B}chunked",
        "\u{0C}chunked",
        "chunked\u{0B}", "\0chunked", "chunked\0", "", " ", "[chunked]", "chun\tked", "chunked\u{7F}",
    ].map { post("coding \($0.debugDescription)", "Transfer-Encoding: \($0)\r\n") }

    private static let lengths: [Self] = [
        "", " ", "+5", "-5", "-0", "5, 5", "5,6", "5,", ",5", "5 5", "5;", "5.0", "5e0", "0x5", "0X5", "05h", "five",
        "\"5\"", "5\0",
        "\u{0B}5", "5\u{0C}", "\u{FF15}", "\u{0665}", "1_0", "99999999999999999999", "18446744073709551616",
        "18446744073709551621", "9223372036854775808", "0000000000000000005", "NaN", "5\u{A0}",
    ].map { post("length \($0.debugDescription)", "Content-Length: \($0)\r\n") }
}
