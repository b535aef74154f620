//! Texts that mix markup with escaped markup.

use super::{atom_entries, rss_items};

#[test]
fn escaped_markup_beside_elements_is_markup() {
    atom_entries(&[
        (
            "<content type='html'><p>Part of the &lt;a href='https://a.example/'&gt;whole&lt;/a&gt; now.</p></content>",
            "/content",
            r#""<p>Part of the <a href='https://a.example/'>whole</a> now.</p>""#,
        ),
        (
            "<content type='text/html'>&lt;p&gt;One&lt;/p&gt;<p>Two</p></content>",
            "/content",
            r#""<p>One</p><p>Two</p>""#,
        ),
        (
            "<content type='text/html' mode='escaped'>&lt;p&gt;One<br/>two&lt;/p&gt;</content>",
            "/content",
            r#""<p>One<br/>two</p>""#,
        ),
        (
            "<summary type='html'><div>A &lt;em&gt;b&lt;/em&gt; &amp;amp; c &amp;lt;d&amp;gt;</div></summary>",
            "/summary",
            r#""<div>A <em>b</em> &amp; c &lt;d&gt;</div>""#,
        ),
        ("<title type='html'>A <b>bold</b> &lt;i&gt;move&lt;/i&gt;</title>", "/title", r#""A bold move""#),
    ]);
    rss_items(&[
        (
            "<description><p>See &lt;img src='a.png'&gt;</p></description>",
            "/summary",
            r#""<p>See <img src='a.png'></p>""#,
        ),
        (
            "<content:encoded><p>One &lt;strong&gt;two&lt;/strong&gt;</p></content:encoded>",
            "/content",
            r#""<p>One <strong>two</strong></p>""#,
        ),
    ]);
}

#[test]
fn words_that_look_like_markup_stay_words() {
    atom_entries(&[
        ("<content type='html'><p>a &lt; b &gt; c</p></content>", "/content", r#""<p>a &lt; b &gt; c</p>""#),
        (
            "<content type='html'><p>Use &lt;b&gt; and &lt;/b&gt;.</p></content>",
            "/content",
            r#""<p>Use &lt;b&gt; and &lt;/b&gt;.</p>""#,
        ),
        (
            "<content type='html'><pre>&lt;p&gt;x&lt;/p&gt;</pre><p>&lt;i&gt;y&lt;/i&gt;</p></content>",
            "/content",
            r#""<pre>&lt;p&gt;x&lt;/p&gt;</pre><p><i>y</i></p>""#,
        ),
        (
            "<content type='html'><p>Vec&lt;u8&gt; and the &lt;canvas&gt; element</p></content>",
            "/content",
            r#""<p>Vec&lt;u8&gt; and the &lt;canvas&gt; element</p>""#,
        ),
        (
            "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>&lt;b&gt;x&lt;/b&gt;</p></div></content>",
            "/content",
            r#""<p>&lt;b&gt;x&lt;/b&gt;</p>""#,
        ),
        (
            "<content type='text/html' mode='xml'><p>&lt;b&gt;x&lt;/b&gt;</p></content>",
            "/content",
            r#""<p>&lt;b&gt;x&lt;/b&gt;</p>""#,
        ),
        ("<content type='html'>&lt;p&gt;&amp;lt;b&amp;gt;&lt;/p&gt;</content>", "/content", r#""<p>&lt;b&gt;</p>""#),
    ]);
}
