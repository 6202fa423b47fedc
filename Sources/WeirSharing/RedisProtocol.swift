internal import CHiredis

/// A command as Redis is sent it (RESP), made by hiredis.
package enum RedisCommand {
    /// The bytes of a command; empty where memory is out.
    package static func bytes(_ words: [String]) -> [UInt8] {
        let texts = words.map { Array($0.utf8) }
        var lengths = texts.map(\.count)
        var flat = texts.flatMap(\.self)
        flat.append(0)
        var target: UnsafeMutablePointer<CChar>?
        let size: Int32 = unsafe flat.withUnsafeBytes { bytes in
            guard var next = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self) else { return 0 }
            var words: [UnsafePointer<CChar>?] = unsafe []
            for length in lengths {
                unsafe words.append(next)
                unsafe next += length
            }
            return unsafe redisFormatCommandArgv(&target, Int32(words.count), &words, &lengths)
        }
        guard size > 0, let made = unsafe target else { return [] }
        defer { unsafe redisFreeCommand(made) }
        return unsafe made.withMemoryRebound(to: UInt8.self, capacity: Int(size)) {
            unsafe Array(UnsafeBufferPointer(start: $0, count: Int(size)))
        }
    }
}

/// Reads replies from the bytes of a connection, by hiredis.
@safe package final class RedisReader {
    /// What came is no reply, or too long a one.
    package struct Invalid: Error {}

    /// Bytes of one reply, at most.
    private static let most = 1 << 20

    private let reader: UnsafeMutablePointer<redisReader>?
    private var fed = 0

    /// A reader of which nothing has been read.
    package init() {
        unsafe reader = redisReaderCreate()
    }

    deinit {
        if let reader = unsafe reader { unsafe redisReaderFree(reader) }
    }

    /// Takes in bytes.
    package func feed(_ bytes: UnsafeRawBufferPointer) throws(Invalid) {
        guard let reader = unsafe reader else { throw Invalid() }
        fed += bytes.count
        let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
        let result = unsafe redisReaderFeed(reader, start, bytes.count)
        guard fed <= Self.most, result == REDIS_OK else { throw Invalid() }
    }

    /// The next reply; nil where more bytes are needed.
    package func next() throws(Invalid) -> RedisValue? {
        guard let reader = unsafe reader else { throw Invalid() }
        var found: UnsafeMutableRawPointer?
        guard unsafe redisReaderGetReply(reader, &found) == REDIS_OK else { throw Invalid() }
        guard let found = unsafe found else { return nil }
        defer { unsafe freeReplyObject(found) }
        fed = unsafe reader.pointee.len - reader.pointee.pos
        return unsafe Self.value(found.assumingMemoryBound(to: redisReply.self).pointee)
    }

    private static func value(_ reply: redisReply) -> RedisValue {
        switch unsafe reply.type {
        case REDIS_REPLY_STRING, REDIS_REPLY_STATUS: return unsafe .text(text(reply))
        case REDIS_REPLY_ERROR: return unsafe .error(text(reply))
        case REDIS_REPLY_INTEGER: return unsafe .integer(reply.integer)
        case REDIS_REPLY_ARRAY:
            var values: [RedisValue] = []
            let count = unsafe reply.elements
            for place in 0..<count {
                guard let element = unsafe reply.element?[Int(place)] else { continue }
                unsafe values.append(value(element.pointee))
            }
            return .array(values)
        default: return .null
        }
    }

    private static func text(_ reply: redisReply) -> String {
        guard let start = unsafe reply.str else { return "" }
        let bytes = unsafe UnsafeRawBufferPointer(start: start, count: Int(reply.len))
        return unsafe String(decoding: bytes, as: UTF8.self)
    }
}
