//! Texts that arrive in pieces (spec FA-FRM-3).

use std::collections::HashMap;

use crate::messages::ServerMessage;

/// Puts the pieces of streamed texts together. Give it every message of a conversation.
///
/// It holds only the texts that are still being written.
#[derive(Debug, Clone, Default)]
pub struct TextAssembler {
    texts: HashMap<String, String>,
}

impl TextAssembler {
    /// An assembler that holds nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The text so far after a `text_chunk`; None for every other message.
    ///
    /// The `text_message` that has the whole text ends it, and a `session_ready` drops all.
    pub fn add(&mut self, message: &ServerMessage) -> Option<&str> {
        match message {
            ServerMessage::TextChunk(chunk) => {
                let text = self.texts.entry(chunk.message_uuid.clone()).or_default();
                if chunk.replace {
                    text.clear();
                }
                text.push_str(&chunk.delta);
                return Some(text);
            }
            ServerMessage::TextMessage(whole) => {
                self.texts.remove(&whole.uuid);
            }
            ServerMessage::SessionReady(_) => self.texts.clear(),
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(delta: &str, replace: bool) -> ServerMessage {
        format!(
            r#"{{"type":"text_chunk","message_uuid":"t1","delta":"{delta}","replace":{replace}}}"#
        )
        .parse()
        .unwrap()
    }

    #[test]
    fn pieces_are_put_together() {
        let mut texts = TextAssembler::new();
        assert_eq!(texts.add(&chunk("Prime ", false)), Some("Prime "));
        assert_eq!(texts.add(&chunk("numbers", false)), Some("Prime numbers"));
        assert_eq!(texts.add(&chunk("Again", true)), Some("Again"));
        let whole = r#"{"workflow_uuid":"6f1ed002ab5f4d3e9b6a7c1d2e3f4a5b","uuid":"t1","content":{"body":"Again"}}"#;
        assert_eq!(texts.add(&whole.parse().unwrap()), None);
        assert!(texts.texts.is_empty());
        assert_eq!(texts.add(&chunk("new", false)), Some("new"));
    }
}
