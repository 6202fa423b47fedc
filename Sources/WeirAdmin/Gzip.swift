import CZlib

/// Deflates a body as a whole. The second file that touches C, beside the server's.
enum Gzip {
    /// How hard to try, 1 to 9. Metrics repeat themselves so much that the fastest level makes a tenth of them.
    private static let level: Int32 = 1

    /// `bytes` in the gzip format; `nil` if there is no memory for it, or they are more than 4 GiB.
    static func compressed(_ bytes: [UInt8]) -> [UInt8]? {
        let written = unsafe [UInt8](unsafeUninitializedCapacity: weir_gzip_bound(bytes.count)) { out, count in
            count = unsafe bytes.withUnsafeBufferPointer { bytes in
                unsafe weir_gzip(bytes.baseAddress, bytes.count, out.baseAddress, out.count, level)
            }
        }
        return written.isEmpty ? nil : written
    }
}
