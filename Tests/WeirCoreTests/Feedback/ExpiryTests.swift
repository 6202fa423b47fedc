import Testing
import WeirCore

@Suite("Expiry")
struct ExpiryTests {
    private let settings = ExpirySettings(header: "X-BAPI-TIMESTAMP", window: .seconds(5))

    @Test("A signed call is worth nothing after its time of signing and the window")
    func deadline() throws {
        #expect(try settings.deadline("\(noon)000", wallOffset: .seconds(noon)) == at(5000))
        #expect(try settings.deadline("\(noon)250", wallOffset: .seconds(noon)) == at(5250))
        #expect(try settings.deadline("\(noon - 6)000", wallOffset: .seconds(noon)) == at(-1000))
    }

    @Test(
        "What is not a row of digits is refused, and said so",
        arguments: ["", "now", "-1795262400000", "1795262400000.5", " 1795262400000", "1795262400000Z"])
    func malformed(value: String) {
        #expect(throws: ExpiryError.notANumber(header: "X-BAPI-TIMESTAMP")) {
            try settings.deadline(value, wallOffset: .seconds(noon))
        }
    }

    @Test("Seconds, microseconds and other numbers are no milliseconds")
    func units() throws {
        for value in ["0", "1795262400", "99999999999", "100000000000000", "1795262400000000", "99999999999999999999"] {
            #expect(throws: ExpiryError.notMilliseconds(header: "X-BAPI-TIMESTAMP")) {
                try settings.deadline(value, wallOffset: .seconds(noon))
            }
        }
        _ = try settings.deadline("100000000000", wallOffset: .seconds(noon))
        _ = try settings.deadline("99999999999999", wallOffset: .seconds(noon))
    }

    @Test("The messages name the header and not the value")
    func messages() {
        let text = ExpiryError.notANumber(header: "X-T").description
        #expect(text == "X-T: expected a time in epoch milliseconds, digits only")
        #expect(ExpiryError.notMilliseconds(header: "X-T").description.hasPrefix("X-T: expected a time in epoch"))
    }
}
