import FuzzKit

/// libFuzzer's entry.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzResponse(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    checkResponse(unsafe Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}
