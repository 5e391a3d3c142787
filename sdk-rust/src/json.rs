//! JSON whose form the protocol leaves open.

use std::fmt;

use serde::de::{self, Deserialize, DeserializeOwned, Deserializer};
use serde::ser::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::finite;

/// Any JSON value, kept as its text, without the white space between its parts.
///
/// So nothing is lost on the way: an integer of any size, every digit of a fraction, the order of
/// an object's fields. [`parse`](Json::parse) reads it into a type of yours, or into a
/// [`serde_json::Value`], which holds integers of 64 bits. (The feature `arbitrary_precision` of
/// serde_json would keep longer ones there, but it changes how numbers work for every crate of a
/// program, so this crate does not ask for it.)
///
/// Two values are equal when their texts are.
#[derive(Clone)]
pub struct Json(Box<RawValue>);

/// Any JSON object, kept as its text: see [`Json`].
#[derive(Clone, PartialEq)]
pub struct JsonObject(Json);

/// A message whose type this version of the protocol does not know. It is kept, never an error.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Unknown {
    /// The type that it claims.
    pub tag: String,
    /// The whole object.
    pub raw: JsonObject,
}

impl Json {
    /// Write `value` as JSON. Fails for what JSON cannot say: a NaN, an infinity, a map whose keys are no texts.
    pub fn new<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<Self> {
        finite::check(value)?;
        serde_json::value::to_raw_value(value).map(Self)
    }

    /// The JSON text.
    pub fn get(&self) -> &str {
        self.0.get()
    }

    /// Read the value into a type.
    pub fn parse<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_str(self.get())
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        self.get() == "null"
    }
}

impl JsonObject {
    /// Write `value` as a JSON object. Fails for what is none, such as a number or a list.
    pub fn new<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<Self> {
        Self::of(Json::new(value)?)
    }

    /// The JSON text.
    pub fn get(&self) -> &str {
        self.0.get()
    }

    /// Read the object into a type, for example a struct or a `BTreeMap<String, Json>`.
    pub fn parse<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        self.0.parse()
    }

    fn of<E: de::Error>(json: Json) -> Result<Self, E> {
        if json.get().starts_with('{') {
            return Ok(Self(json));
        }
        Err(E::custom("must be an object"))
    }
}

impl Default for Json {
    /// Null.
    fn default() -> Self {
        Self(RawValue::NULL.to_owned())
    }
}

impl Default for JsonObject {
    /// The object without fields.
    fn default() -> Self {
        Self(Json(
            RawValue::from_string("{}".to_owned()).expect("it is JSON"),
        ))
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl From<JsonObject> for Json {
    fn from(object: JsonObject) -> Self {
        object.0
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.get())
    }
}

impl fmt::Debug for JsonObject {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl fmt::Display for Json {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.get())
    }
}

impl fmt::Display for JsonObject {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.get())
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        // The reader of raw values looks at the form of escapes only. Half of a surrogate pair is no character: it
        // could neither be shown nor sent on.
        if has_lone_surrogate(raw.get()) {
            return Err(de::Error::custom(
                "half of a surrogate pair is no character",
            ));
        }
        // A line break in there would break a line of JSON that the value is written into.
        match compact(raw.get()) {
            None => Ok(Self(raw)),
            Some(text) => RawValue::from_string(text)
                .map(Self)
                .map_err(de::Error::custom),
        }
    }
}

impl<'de> Deserialize<'de> for JsonObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::of(Json::deserialize(deserializer)?)
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl Serialize for JsonObject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// A JSON text without white space between its parts; None when it has none.
fn compact(text: &str) -> Option<String> {
    let is_space = |byte: u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    let (mut kept, mut start) = (String::new(), 0);
    let (mut in_string, mut escaped) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        if in_string {
            in_string = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
        } else if is_space(byte) {
            kept.push_str(&text[start..at]);
            start = at + 1;
        } else {
            in_string = byte == b'"';
        }
    }
    (start > 0).then(|| kept + &text[start..])
}

/// Whether a JSON text holds an escape that is half of a surrogate pair.
fn has_lone_surrogate(text: &str) -> bool {
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let escape = &rest[at..];
        match unit(escape) {
            Some(0xd800..=0xdbff) => {
                // The text is JSON, so a unit is `\u` and four digits.
                if !matches!(unit(&escape[6..]), Some(0xdc00..=0xdfff)) {
                    return true;
                }
                rest = &escape[12..];
            }
            Some(0xdc00..=0xdfff) => return true,
            Some(_) => rest = &escape[6..],
            None => rest = &escape[2..],
        }
    }
    false
}

/// The UTF-16 unit of the escape that a text begins with.
fn unit(text: &str) -> Option<u16> {
    u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surrogates_need_their_other_half() {
        for lone in [
            r#""\ud83d""#,
            r#""\udd11""#,
            r#""\ud83d\ud83d\udd11""#,
            r#"{"\uD83D":1}"#,
            r#"["\ud83dx"]"#,
        ] {
            assert!(serde_json::from_str::<Json>(lone).is_err(), "{lone}");
        }
        for whole in [
            r#""\ud83d\udd11""#,
            r#""\\ud83d""#,
            r#""\"\\""#,
            r#""\u00fc\n""#,
            r#""🔑""#,
        ] {
            assert!(serde_json::from_str::<Json>(whole).is_ok(), "{whole}");
        }
    }

    #[test]
    fn numbers_keep_every_digit() {
        let text = r#"{"a":18446744073709551617,"b":1e999,"c":0.10000000000000000000000001}"#;
        let object: JsonObject = text.parse_json();
        assert_eq!(serde_json::to_string(&object).unwrap(), text);
    }

    #[test]
    fn white_space_counts_in_texts_only() {
        let spaced = "{ \"a \\\" b\\\\\" :\r\n\t[ 1, \" \" , \"\\\\\", {} ] }";
        let object: JsonObject = spaced.parse_json();
        assert_eq!(object.get(), r#"{"a \" b\\":[1," ","\\",{}]}"#);
        let compact = r#"{"a":[1,"b c"]}"#;
        assert_eq!(compact.parse_json::<JsonObject>().get(), compact);
    }

    #[test]
    fn an_object_is_no_other_value() {
        for other in ["null", "1", "[]", "\"{}\"", "true"] {
            assert!(
                serde_json::from_str::<JsonObject>(other).is_err(),
                "{other}"
            );
        }
        assert!(JsonObject::new(&1).is_err());
        assert_eq!(JsonObject::default().get(), "{}");
        assert!(Json::default().is_null());
    }

    trait ParseJson {
        fn parse_json<T: DeserializeOwned>(&self) -> T;
    }

    impl ParseJson for str {
        fn parse_json<T: DeserializeOwned>(&self) -> T {
            serde_json::from_str(self).unwrap()
        }
    }
}
