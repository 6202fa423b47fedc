import Foundation
import NIOCore
import NIOSSL

extension DataPath {
    /// A certificate authority and what it has signed, made by the `openssl` command in a folder of its own.
    struct Certificates: Sendable {
        /// A server's certificate and key.
        struct Identity: Sendable {
            let certificate: String
            let key: String

            /// Adds TLS to a provider's connections.
            func configure(
                minimum: TLSVersion = .tlsv12, maximum: TLSVersion? = nil
            ) throws -> @Sendable (any Channel) throws -> Void {
                var configuration = TLSConfiguration.makeServerConfiguration(
                    certificateChain: try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
                    privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)))
                configuration.minimumTLSVersion = minimum
                configuration.maximumTLSVersion = maximum
                let context = try NIOSSLContext(configuration: configuration)
                return { try $0.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context)) }
            }
        }

        private let folder: URL

        /// The authority's own certificate.
        var authority: String { path("ca.pem") }

        /// Makes the authority, runs `test` and removes everything.
        static func withAuthority(_ test: (Certificates) async throws -> Void) async throws {
            let folder = FileManager.default.temporaryDirectory.appending(path: "certificates-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let certificates = Certificates(folder: folder)
            try await certificates.openssl(
                ["req", "-x509", "-new", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2"]
                    + newKey + ["-subj", "/CN=Test Authority"])
            try await test(certificates)
        }

        /// A certificate for `names` (such as `DNS:localhost`; none: it has only the subject's common name), signed by
        /// the authority.
        func identity(names: String?, commonName: String = "Test Provider", days: Int = 2) async throws -> Identity {
            let name = try await request(names: names, commonName: commonName)
            try await openssl([
                "x509", "-req", "-in", "\(name).csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial",
                "\(Int.random(in: 1...1_000_000_000))", "-days", "\(days)", "-sha256", "-extfile", "\(name).ext",
                "-out", "\(name).pem",
            ])
            return identity(name)
        }

        /// A certificate for `names` that is valid until `end`, which is cut to a second.
        func identity(names: String, until end: Date) async throws -> Identity {
            let name = try await request(names: names, commonName: "Test Provider")
            try """
            [ca]
            default_ca = authority
            [authority]
            database = \(name).index
            new_certs_dir = .
            policy = names
            rand_serial = yes
            [names]
            commonName = supplied

            """.write(toFile: path("\(name).conf"), atomically: true, encoding: .utf8)
            try Data().write(to: folder.appending(path: "\(name).index"))
            let format = Date.ISO8601FormatStyle(dateSeparator: .omitted, timeSeparator: .omitted)
            let last = end.formatted(format).filter { $0 != "T" }
            try await openssl([
                "ca", "-batch", "-notext", "-config", "\(name).conf", "-in", "\(name).csr", "-cert", "ca.pem",
                "-keyfile", "ca.key", "-enddate", last, "-md", "sha256", "-extfile", "\(name).ext",
                "-out", "\(name).pem",
            ])
            return identity(name)
        }

        /// A key and a request for a certificate; returns the name that their files begin with.
        private func request(names: String?, commonName: String) async throws -> String {
            let name = "id-\(UUID().uuidString.prefix(8))"
            try await openssl(
                ["req", "-new", "-nodes", "-keyout", "\(name).key", "-out", "\(name).csr"]
                    + Self.newKey + ["-subj", "/CN=\(commonName)"])
            let alternatives = names.map { "subjectAltName=\($0)\n" } ?? ""
            try (alternatives + "basicConstraints=CA:FALSE\n")
                .write(toFile: path("\(name).ext"), atomically: true, encoding: .utf8)
            return name
        }

        private func identity(_ name: String) -> Identity {
            Identity(certificate: path("\(name).pem"), key: path("\(name).key"))
        }

        private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-sha256"]

        private func path(_ name: String) -> String { folder.appending(path: name).path }

        private func openssl(_ arguments: [String]) async throws {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = ["openssl"] + arguments
            process.currentDirectoryURL = folder
            let log = folder.appending(path: "openssl.log")
            try Data().write(to: log)
            let output = try FileHandle(forWritingTo: log)
            process.standardOutput = output
            process.standardError = output
            process.standardInput = FileHandle.nullDevice
            let status = try await withCheckedThrowingContinuation { continuation in
                process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
                do {
                    try process.run()
                } catch {
                    process.terminationHandler = nil
                    continuation.resume(throwing: error)
                }
            }
            try output.close()
            guard status == 0 else {
                let text = try String(contentsOf: log, encoding: .utf8)
                throw Unexpected(
                    status == 127
                        ? "these tests need the openssl command; install it"
                        : "openssl \(arguments.first ?? "") ended with \(status): \(text)")
            }
        }
    }
}
