/// The sources of the status page, embedded by the build and joined here.
package enum PageSource {
    /// The document, with slots such as `{{style}}` for what is put into it.
    package static var document: [UInt8] { PackageResources.page_html }

    /// The style sheet.
    package static var style: [UInt8] {
        PackageResources.theme_css + PackageResources.layout_css + PackageResources.parts_css
            + PackageResources.narrow_css
    }

    /// The script, a module: every file sees what those before it declare.
    package static var script: [UInt8] {
        let tools = PackageResources.format_js + PackageResources.dom_js
        let data = PackageResources.history_js + PackageResources.percentiles_js + PackageResources.trouble_js
        let parts = PackageResources.chart_js + PackageResources.limits_js + PackageResources.endpoints_js
        let views = PackageResources.upstreams_js + PackageResources.overview_js + PackageResources.events_js
        return tools + data + parts + views + PackageResources.live_js + PackageResources.main_js
    }
}
