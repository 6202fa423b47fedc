package import NIOCore
package import WeirProxy

/// Where an upstream is found.
package struct PlacedUpstream: Sendable {
    let loop: any EventLoop
    let find: @Sendable () -> Upstream?

    /// An upstream on `loop`, where `find` gives it; nil once it is gone.
    package init(on loop: any EventLoop, find: @escaping @Sendable () -> Upstream?) {
        self.loop = loop
        self.find = find
    }
}

/// Finds upstreams by name.
package protocol UpstreamFinder: Sendable {
    /// Where the upstream of that name is; nil where there is none.
    func upstream(named name: String) -> PlacedUpstream?
}
