//! `xml:base`: every link is resolved against the base of its own element.

use super::{atom_entries, documents, rss_items};

#[test]
fn a_base_holds_for_its_element_alone() {
    documents(&[
        (
            "<feed xml:base='https://b.example/x/'><entry xml:base='y/'><content type='html' xml:base='pics/'>&lt;img src='i.jpg'&gt;</content></entry></feed>",
            "/entries/0/image",
            r#""https://b.example/x/y/pics/i.jpg""#,
        ),
        (
            "<feed xml:base='https://b.example/x/'><entry><content type='html' xml:base='/pics/'>c</content><link rel='enclosure' href='a.mp3'/></entry></feed>",
            "/entries/0/media/0/url",
            r#""https://b.example/x/a.mp3""#,
        ),
        (
            "<feed xml:base='https://b.example/x/'><entry xml:base='../y/'><link rel='enclosure' xml:base='audio/' href='a.mp3' length='5'/></entry></feed>",
            "/entries/0/media",
            r#"[{"url":"https://b.example/y/audio/a.mp3","type":null,"length":5,"title":null,"credit":null}]"#,
        ),
        (
            "<feed xml:base='https://b.example/x/'><entry xml:base='y/'/><entry><link href='a'/></entry></feed>",
            "/entries/1/link",
            r#""https://b.example/x/a""#,
        ),
        (
            "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='https://b.example/x/'><entry><author xml:base='staff/'><name>A</name><uri>a</uri></author></entry></feed>",
            "/entries/0/authors/0/url",
            r#""https://b.example/x/staff/a""#,
        ),
    ]);
}

#[test]
fn the_base_of_the_text_is_the_contents_before_the_summarys() {
    atom_entries(&[
        (
            "<summary xml:base='/s/'>s</summary><content type='html' xml:base='/c/'>&lt;img src='i.jpg'&gt;</content>",
            "/base",
            r#""https://isles.example/c/""#,
        ),
        ("<summary xml:base='/s/'>s</summary><content type='html'>&lt;img src='i.jpg'&gt;</content>", "/base", "null"),
        (
            "<content type='html' xml:base='/c/'>c</content><summary type='html' xml:base='/s/'>&lt;img src='i.jpg'&gt;</summary>",
            "/image",
            r#""https://isles.example/s/i.jpg""#,
        ),
        ("<summary xml:base='/s/'>s</summary>", "/base", r#""https://isles.example/s/""#),
        // Without a stated base both the image and the text are relative to the article's page.
        (
            "<link href='/news/1'/><content type='html'>&lt;img src='i.jpg'&gt;</content>",
            "/image",
            r#""https://isles.example/news/i.jpg""#,
        ),
    ]);
    rss_items(&[(
        "<link>/news/1</link><content:encoded xml:base='https://b.example/'><![CDATA[<img src='i.jpg'>]]></content:encoded>",
        "/image",
        r#""https://b.example/i.jpg""#,
    )]);
}

#[test]
fn a_base_inside_the_text_is_resolved_there() {
    atom_entries(&[
        (
            "<content type='xhtml' xml:base='/c/'><div xml:base='pics/'><img src='i.jpg'/></div></content>",
            "/image",
            r#""https://isles.example/c/pics/i.jpg""#,
        ),
        (
            "<content type='xhtml' xml:base='/c/'><div><p xml:base='pics/'><img src='i.jpg'/></p><img src='j.jpg'/></div></content>",
            "/content",
            r#""<p xml:base=\"pics/\"><img src=\"https://isles.example/c/pics/i.jpg\"/></p><img src=\"j.jpg\"/>""#,
        ),
    ]);
}
