//! What the generated codec is made of: fields, constraints on texts, and the look for a tag.

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use regex::Regex;
use serde::de::{
    self, Deserialize, DeserializeOwned, Deserializer, IgnoredAny, MapAccess, Visitor,
};

use crate::json::{Json, JsonObject, Unknown};

/// A text that is borrowed from the frame where it holds no escapes.
pub(crate) struct Text<'de>(Cow<'de, str>);

impl Text<'_> {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Texts;

        impl<'de> Visitor<'de> for Texts {
            type Value = Text<'de>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a text")
            }

            fn visit_borrowed_str<E: de::Error>(self, value: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(value)))
            }

            fn visit_str<E: de::Error>(self, value: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(value.to_owned())))
            }
        }

        deserializer.deserialize_str(Texts)
    }
}

/// The value of a field that must be there.
pub(crate) fn required<T, E: de::Error>(value: Option<T>, name: &'static str) -> Result<T, E> {
    value.ok_or_else(|| E::missing_field(name))
}

/// The error of an object without its tag.
pub(crate) fn missing(name: &'static str) -> serde_json::Error {
    de::Error::missing_field(name)
}

/// A default of the spec that is more than a scalar.
pub(crate) fn default<T: DeserializeOwned, E: de::Error>(text: &str) -> Result<T, E> {
    serde_json::from_str(text).map_err(E::custom)
}

/// Every text in a value, for the constraints on it.
pub(crate) trait Texts {
    fn all(&self, check: &dyn Fn(&str) -> bool) -> bool;
}

impl Texts for String {
    fn all(&self, check: &dyn Fn(&str) -> bool) -> bool {
        check(self)
    }
}

impl Texts for &str {
    fn all(&self, check: &dyn Fn(&str) -> bool) -> bool {
        check(self)
    }
}

impl<T: Texts> Texts for Option<T> {
    fn all(&self, check: &dyn Fn(&str) -> bool) -> bool {
        self.iter().all(|text| text.all(check))
    }
}

impl<T: Texts> Texts for Vec<T> {
    fn all(&self, check: &dyn Fn(&str) -> bool) -> bool {
        self.iter().all(|text| text.all(check))
    }
}

/// Check that each text is `expected`.
pub(crate) fn always<E: de::Error>(expected: &str, value: &impl Texts) -> Result<(), E> {
    if value.all(&|text| text == expected) {
        return Ok(());
    }
    Err(E::custom(format_args!("a text must be {expected:?}")))
}

/// Check that each text has at least `length` characters.
pub(crate) fn at_least<E: de::Error>(length: usize, value: &impl Texts) -> Result<(), E> {
    if value.all(&|text| text.chars().nth(length - 1).is_some()) {
        return Ok(());
    }
    Err(E::custom(format_args!(
        "a text must have at least {length} characters"
    )))
}

/// A regular expression of the spec, compiled at its first use.
pub(crate) struct Pattern {
    source: &'static str,
    compiled: OnceLock<Regex>,
}

impl Pattern {
    pub(crate) const fn new(source: &'static str) -> Self {
        Self {
            source,
            compiled: OnceLock::new(),
        }
    }

    fn matches(&self, text: &str) -> bool {
        let compile =
            || Regex::new(self.source).expect("the generator's tests compile every pattern");
        self.compiled.get_or_init(compile).is_match(text)
    }
}

/// Check that each text matches the pattern.
pub(crate) fn matching<E: de::Error>(pattern: &Pattern, value: &impl Texts) -> Result<(), E> {
    if value.all(&|text| pattern.matches(text)) {
        return Ok(());
    }
    Err(E::custom(format_args!(
        "a text must match {}",
        pattern.source
    )))
}

/// The tag of a union's object: the value of the field `name`, None when it is not there.
pub(crate) fn tag<'de>(text: &'de str, name: &'static str) -> serde_json::Result<Option<Tag<'de>>> {
    struct Fields(&'static str);

    impl<'de> Visitor<'de> for Fields {
        type Value = Option<Tag<'de>>;

        fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            out.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut found = None;
            while let Some(key) = map.next_key::<Text>()? {
                if key.as_str() == self.0 {
                    found = Some(Tag(map.next_value::<Text>()?.0));
                } else {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            Ok(found)
        }
    }

    let mut reader = serde_json::Deserializer::from_str(text);
    let found = reader.deserialize_map(Fields(name))?;
    reader.end()?;
    Ok(found)
}

/// What a tag field holds.
pub(crate) struct Tag<'de>(Cow<'de, str>);

impl std::ops::Deref for Tag<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// An object whose tag is not known, kept as it came.
pub(crate) fn unknown(tag: &str, text: &str) -> serde_json::Result<Unknown> {
    Ok(Unknown {
        tag: tag.to_owned(),
        raw: serde_json::from_str(text)?,
    })
}

/// A free object out of the entries of a map.
pub(crate) fn object<'de, A: MapAccess<'de>>(mut map: A) -> Result<JsonObject, A::Error> {
    let mut entries = std::collections::BTreeMap::new();
    while let Some((name, value)) = map.next_entry::<String, Json>()? {
        entries.insert(name, value);
    }
    JsonObject::new(&entries).map_err(de::Error::custom)
}
