//! People, in every form in which feeds name them.

use url::Url;

use super::Person;
use super::construct;
use super::kind::Kind;
use super::links::absolute;
use super::plain::{collapse, guess};
use super::xml::{Node, Ns};

/// People kept of one element.
const MAX_PEOPLE: usize = 100;

/// Reads `<author>` and kin: with children as Atom has it, or words.
pub(super) fn read(node: Node, base: Option<&Url>) -> Option<Person> {
    let mut person = Person::default();
    for child in node.children().filter(|child| child.ns().is_core() || child.ns() == Ns::Itunes) {
        match child.local() {
            "name" => person.name = person.name.take().or_else(|| construct::text(child, Kind::Unsaid)),
            "email" => person.email = person.email.take().or_else(|| child.word().map(|mail| bare_mail(&mail))),
            "uri" | "url" | "homepage" | "href" => {
                person.url = person.url.take().or_else(|| absolute(&child.word()?, child.base().or(base)));
            }
            _ => {}
        }
    }
    if person == Person::default() {
        person = if node.has_elements() {
            parse(&construct::read(node, Kind::Html)?.into_text()?)
        } else {
            parse(&guess(&node.text()))
        };
    } else if person.email.is_none() && person.name.as_deref().is_some_and(|name| name.contains('@')) {
        let said = parse(person.name.as_deref().unwrap_or_default());
        (person.name, person.email) = (said.name, said.email);
    }
    (person != Person::default()).then_some(person)
}

fn bare_mail(mail: &str) -> String {
    mail.strip_prefix("mailto:").unwrap_or(mail).to_owned()
}

/// `a@b.example (Name)`, `Name <a@b.example>`, `Name (a@b.example)`, a name, an address, a URL.
pub(super) fn parse(words: &str) -> Person {
    let words = collapse(words);
    if words.is_empty() {
        return Person::default();
    }
    if (words.starts_with("http://") || words.starts_with("https://")) && !words.contains(' ') {
        return Person { url: Some(words), ..Person::default() };
    }
    let part = |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '(' | ')' | '[' | ']' | ',' | ';' | '"' | ':');
    let named = |name: &String| name.contains(char::is_alphanumeric);
    let Some(mail) = words.split(part).find(|word| is_mail(word)) else {
        return Person { name: Some(words).filter(named), ..Person::default() };
    };
    let subject = words.split_once(mail).and_then(|(_, rest)| rest.split(part).next().filter(|s| s.starts_with('?')));
    let mut name = words.replacen(&format!("{mail}{}", subject.unwrap_or_default()), " ", 1);
    name = collapse(&name.replace("mailto:", " "));
    for brackets in ["< >", "( )", "[ ]", "<>", "()"] {
        name = name.replace(brackets, " ");
    }
    let name = name.trim_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '-' | ':'));
    let name = name.strip_prefix('(').and_then(|name| name.strip_suffix(')')).unwrap_or(name);
    let name = collapse(name.trim_matches(['"', '\'']));
    let mail = mail.split('?').next().unwrap_or(mail);
    Person { name: Some(name).filter(named), email: Some(mail.to_owned()), url: None }
}

fn is_mail(word: &str) -> bool {
    word.split_once('@').is_some_and(|(user, host)| {
        !user.is_empty() && !host.contains('@') && host.split_once('.').is_some_and(|(first, _)| !first.is_empty())
    })
}

/// Adds a person who is not there yet; one known by the same name or address gains what is new.
pub(super) fn add(people: &mut Vec<Person>, person: Option<Person>) {
    let Some(person) = person.filter(|_| people.len() < MAX_PEOPLE) else { return };
    let same = people.iter_mut().find(|known| {
        let equal = |a: &Option<String>, b: &Option<String>| a.is_some() && a == b;
        equal(&known.name, &person.name)
            || (equal(&known.email, &person.email) && (known.name.is_none() || person.name.is_none()))
    });
    match same {
        Some(known) => {
            known.name = known.name.take().or(person.name);
            known.email = known.email.take().or(person.email);
            known.url = known.url.take().or(person.url);
        }
        None => people.push(person),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_in_any_order() {
        for (words, name, email) in [
            ("ann@isles.example (Ann Lee)", Some("Ann Lee"), Some("ann@isles.example")),
            ("Ann Lee <ann@isles.example>", Some("Ann Lee"), Some("ann@isles.example")),
            ("Ann Lee (ann@isles.example)", Some("Ann Lee"), Some("ann@isles.example")),
            ("\"Lee, Ann\" <mailto:ann@isles.example>", Some("Lee, Ann"), Some("ann@isles.example")),
            ("ann@isles.example", None, Some("ann@isles.example")),
            ("<ann@isles.example>", None, Some("ann@isles.example")),
            ("ann@isles.example?subject=hi (Ann)", Some("Ann"), Some("ann@isles.example")),
            ("ann@isles.example, Ann", Some("Ann"), Some("ann@isles.example")),
            ("Ann Lee", Some("Ann Lee"), None),
            ("Ann @annlee", Some("Ann @annlee"), None),
        ] {
            let got = parse(words);
            assert_eq!((got.name.as_deref(), got.email.as_deref()), (name, email), "{words}");
        }
    }
}
