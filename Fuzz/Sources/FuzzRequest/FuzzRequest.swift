import FuzzKit

/// libFuzzer's entry.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzRequest(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    checkRequest(unsafe Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}
