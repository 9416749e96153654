package dev.holdfast.examples.storefront;

/** The page at the root: where to click. */
final class IndexPage {
    static final String HTML = """
            <!doctype html>
            <html lang="en">
            <head><meta charset="utf-8"><title>Holdfast storefront</title>
            <style>body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem }
            code { background: #eee; padding: 0 .3em } td { padding: .2rem 1.5rem .2rem 0 }</style></head>
            <body>
            <h1>Holdfast storefront</h1>
            <p>The same shop on the same database, twice: straight to PostgreSQL, and through Holdfast.</p>
            <table>
            <tr><td>a product</td><td><a href="/naive/products/7920">naive</a></td>
                <td><a href="/holdfast/products/7920">holdfast</a></td></tr>
            <tr><td>orders of a user</td><td><a href="/naive/users/42/orders?page=1">naive</a></td>
                <td><a href="/holdfast/users/42/orders?page=1">holdfast</a></td></tr>
            <tr><td>summary of a day</td><td><a href="/naive/summary?day=2025-12-31">naive</a></td>
                <td><a href="/holdfast/summary?day=2025-12-31">holdfast</a></td></tr>
            </table>
            <p>Change a price: <code>curl -X PUT -d 1999 &lt;address&gt;/holdfast/products/7920/price</code></p>
            <p><a href="/health">/health</a> <a href="/metrics">/metrics</a></p>
            </body></html>
            """;

    private IndexPage() {}
}
