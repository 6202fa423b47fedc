import FuzzKit

/// libFuzzer's entry.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzBody(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    checkBody(unsafe Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}
