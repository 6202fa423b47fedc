internal import Foundation

/// Reads files that are named by people, and says why it cannot.
enum ConfigurationFile {
    /// The text of a file of at most `YAMLDocument.maximumBytes`.
    static func text(of path: String) throws(SyntaxProblem) -> String {
        let data: Data
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? handle.close() }
            // One byte more than is allowed, so that what is too large is seen to be, be it a pipe or a device.
            data = try handle.read(upToCount: YAMLDocument.maximumBytes + 1) ?? Data()
        } catch {
            throw SyntaxProblem(message: "cannot be read: \(reason(error))")
        }
        guard data.count <= YAMLDocument.maximumBytes else { throw SyntaxProblem(message: "is larger than 1 MiB") }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw SyntaxProblem(message: "is not UTF-8 text")
        }
        return text
    }

    /// Why `path` cannot be read; nil where it can.
    static func whyUnreadable(_ path: String) -> String? {
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? handle.close() }
            _ = try handle.read(upToCount: 1)
            return nil
        } catch {
            return reason(error)
        }
    }

    /// A reason in few words. Never the error's own text, which repeats the path.
    static func reason(_ error: any Error) -> String {
        let error = error as NSError
        let underlying = error.userInfo[NSUnderlyingErrorKey] as? NSError ?? error
        let code = underlying.domain == NSPOSIXErrorDomain ? POSIXErrorCode(rawValue: Int32(underlying.code)) : nil
        if code == .ENOENT || code == .ENOTDIR { return "no such file" }
        if code == .EACCES || code == .EPERM { return "permission denied" }
        if code == .EISDIR { return "it is a directory" }
        guard error.domain == NSCocoaErrorDomain else { return "error \(underlying.domain) \(underlying.code)" }
        switch CocoaError.Code(rawValue: error.code) {
        case .fileReadNoSuchFile, .fileNoSuchFile: return "no such file"
        case .fileReadNoPermission: return "permission denied"
        default: return "error \(underlying.domain) \(underlying.code)"
        }
    }
}
