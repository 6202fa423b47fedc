/// Bounds of a message head.
package struct HeadLimits: Sendable {
    /// Most bytes from the first of the start line to the empty line's end. Default 32 KiB.
    package var maxBytes: Int
    /// Most field lines. Default 100.
    package var maxFields: Int

    package init(maxBytes: Int = 32 * 1024, maxFields: Int = 100) {
        self.maxBytes = maxBytes
        self.maxFields = maxFields
    }
}
