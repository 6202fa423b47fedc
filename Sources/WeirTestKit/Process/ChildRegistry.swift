import Foundation
import Synchronization

/// The children that are alive, killed when the test process exits: a test that fails never leaves one behind.
enum ChildRegistry {
    private static let children = Mutex<Set<Int32>>([])
    /// Set up once, at the first child.
    private static let killAtExit: Void = {
        atexit {
            ChildRegistry.children.withLock { children in
                for child in children { kill(child, SIGKILL) }
            }
        }
    }()

    static func insert(_ child: Int32) {
        killAtExit
        children.withLock { _ = $0.insert(child) }
    }

    static func remove(_ child: Int32) {
        children.withLock { _ = $0.remove(child) }
    }
}
