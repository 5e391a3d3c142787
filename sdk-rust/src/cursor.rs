//! Where a client stands in a conversation of `fastagency.v1`: a small value to be stored, and resumed from.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::error::{Error, Result};
use crate::wire;

/// Everything up to `after_seq` has been read, in the log named `epoch` (spec FA-RES-1).
///
/// Store it as JSON, with [`to_json`](Self::to_json) or through serde: an object with these four fields, which the
/// client of any language can resume from.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cursor {
    /// The conversation.
    pub workflow_uuid: String,
    /// What opens it again, together with its user (spec FA-SEC-2). A secret; `Debug` does not show it.
    pub resume_token: String,
    /// The log that `after_seq` counts in.
    pub epoch: String,
    /// The last message that was read, 0 for none.
    pub after_seq: i64,
}

impl Cursor {
    /// The cursor as JSON text.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("texts and numbers are JSON")
    }

    /// The cursor that [`to_json`](Self::to_json) wrote, in any language's client.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for what is no cursor.
    pub fn from_json(text: &str) -> Result<Self> {
        serde_json::from_str(text).map_err(|_| {
            // What is wrong may be the secret's own text.
            Error::Invalid("a cursor is an object with its four fields".to_owned())
        })
    }

    /// The cursor that gives the whole conversation, as far as the server holds it (spec FA-RES-3): for a second tab,
    /// or a page that was loaded again.
    #[must_use]
    pub fn from_start(&self) -> Self {
        Self {
            after_seq: 0,
            ..self.clone()
        }
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Cursor")
            .field("workflow_uuid", &self.workflow_uuid)
            .field("epoch", &self.epoch)
            .field("after_seq", &self.after_seq)
            .finish_non_exhaustive()
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("workflow_uuid", &self.workflow_uuid)?;
        map.serialize_entry("resume_token", &self.resume_token)?;
        map.serialize_entry("epoch", &self.epoch)?;
        map.serialize_entry("after_seq", &self.after_seq)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Cursor;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object (Cursor)")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cursor, A::Error> {
                let (mut workflow_uuid, mut resume_token) = (None, None);
                let (mut epoch, mut after_seq) = (None, None);
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "workflow_uuid" => workflow_uuid = Some(map.next_value()?),
                        "resume_token" => resume_token = Some(map.next_value()?),
                        "epoch" => epoch = Some(map.next_value()?),
                        "after_seq" => after_seq = Some(map.next_value()?),
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(Cursor {
                    workflow_uuid: wire::required::<_, A::Error>(workflow_uuid, "workflow_uuid")?,
                    resume_token: wire::required::<_, A::Error>(resume_token, "resume_token")?,
                    epoch: wire::required::<_, A::Error>(epoch, "epoch")?,
                    after_seq: wire::required::<_, A::Error>(after_seq, "after_seq")?,
                })
            }
        }

        deserializer.deserialize_map(Fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str =
        r#"{"workflow_uuid":"6f1e","resume_token":"secret","epoch":"e1","after_seq":7}"#;

    #[test]
    fn there_and_back() {
        let cursor = Cursor::from_json(JSON).unwrap();
        assert_eq!(cursor.to_json(), JSON);
        assert_eq!(cursor.after_seq, 7);
        assert_eq!(cursor.from_start().after_seq, 0);
        for wrong in [
            "[]",
            "{}",
            "7",
            &JSON.replace('7', "true"),
            &JSON.replace(r#""e1""#, "1"),
        ] {
            let error = Cursor::from_json(wrong).unwrap_err();
            assert!(matches!(error, Error::Invalid(_)), "{wrong}");
        }
    }

    #[test]
    fn the_token_is_in_nothing_that_is_printed() {
        let cursor = Cursor::from_json(JSON).unwrap();
        let shown = format!("{cursor:?}");
        assert!(!shown.contains("secret") && shown.contains("e1"), "{shown}");
        let wrong = JSON.replace(r#""after_seq":7"#, r#""after_seq":"secret""#);
        let error = Cursor::from_json(&wrong).unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
