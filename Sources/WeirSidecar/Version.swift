/// What this build is.
package enum Version {
    /// Weir's version: `weir --version`, `/status` and `mm_build_info`.
    package static let weir = "0.1.0"

    /// The compiler's version, to the minor number: `mm_build_info`.
    package static var swift: String {
        #if compiler(>=6.4)
        "6.4 or later"
        #elseif compiler(>=6.3)
        "6.3"
        #else
        "6.2"
        #endif
    }
}
