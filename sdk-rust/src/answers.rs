//! Which answers a question takes, and how they stand on the wire (spec FA-CLA-4).

use std::collections::HashMap;
use std::fmt;

use crate::error::{Error, Result};
use crate::messages::{AnswerValue, MultipleChoice};
use crate::tables::Question;

/// What stands between several choices on the wire. A choice that holds it is not escaped.
const SEPARATOR: char = ',';

/// The answer to a question: a text, one choice, or several. Strings, lists and arrays of them turn into it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// A text, or one choice.
    Text(String),
    /// Any number of choices.
    Choices(Vec<String>),
}

impl fmt::Debug for Answer {
    /// Shows no text: an answer may be a password.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Answer(..)")
    }
}

impl From<&str> for Answer {
    fn from(text: &str) -> Self {
        Answer::Text(text.to_owned())
    }
}

impl From<String> for Answer {
    fn from(text: String) -> Self {
        Answer::Text(text)
    }
}

impl From<&String> for Answer {
    fn from(text: &String) -> Self {
        Answer::Text(text.clone())
    }
}

impl<T: Into<String>> From<Vec<T>> for Answer {
    fn from(choices: Vec<T>) -> Self {
        choices.into_iter().collect()
    }
}

impl<T: Into<String>, const N: usize> From<[T; N]> for Answer {
    fn from(choices: [T; N]) -> Self {
        choices.into_iter().collect()
    }
}

impl<T: Clone + Into<String>> From<&[T]> for Answer {
    fn from(choices: &[T]) -> Self {
        choices.iter().cloned().collect()
    }
}

impl<T: Into<String>> FromIterator<T> for Answer {
    fn from_iter<I: IntoIterator<Item = T>>(choices: I) -> Self {
        Answer::Choices(choices.into_iter().map(Into::into).collect())
    }
}

impl Question {
    /// The `uuid` of the message that asks, by which an answer names it.
    pub fn uuid(&self) -> &str {
        match self {
            Question::TextInput(question) => &question.uuid,
            Question::MultipleChoice(question) => &question.uuid,
        }
    }
}

/// Return the value that answers `question` in `fastagency.v1`: a text, or a list where several may be picked (spec
/// FA-ANS-7).
pub(crate) fn value_for(question: &Question, answer: &Answer) -> Result<AnswerValue> {
    let text = frame_for(question, answer)?;
    match (question, answer) {
        (Question::MultipleChoice(question), Answer::Choices(picked))
            if !question.content.single =>
        {
            Ok(AnswerValue::List(picked.clone()))
        }
        _ => Ok(AnswerValue::Text(text)),
    }
}

/// Return the raw text frame that answers `question` in classic.
///
/// A `text_input` takes any text. A `multiple_choice` takes one of its choices, or any number of them where several
/// may be picked; an empty answer stands for its default.
pub(crate) fn frame_for(question: &Question, answer: &Answer) -> Result<String> {
    match (question, answer) {
        (Question::TextInput(_), Answer::Text(text)) => Ok(text.clone()),
        (Question::TextInput(_), Answer::Choices(_)) => {
            Err(Error::NotAsked("a text_input takes one text".to_owned()))
        }
        (Question::MultipleChoice(question), answer) => choice_frame(question, answer),
        #[allow(unreachable_patterns)] // a later protocol version may ask in further ways
        _ => Err(Error::NotAsked(
            "this version cannot answer such a question".to_owned(),
        )),
    }
}

fn choice_frame(question: &MultipleChoice, answer: &Answer) -> Result<String> {
    let content = &question.content;
    let picked = picked(question, answer);
    if picked.is_empty() && (content.default.is_some() || !content.single) {
        return Ok(String::new());
    }
    if content.single && picked.len() != 1 {
        let choices = listed(&content.choices);
        return Err(Error::NotAsked(format!("pick exactly one of {choices}")));
    }
    // The default need not be one of the choices.
    let wrong = |choice: &&String| {
        !content.choices.contains(choice) && content.default.as_ref() != Some(*choice)
    };
    if let Some(wrong) = picked.iter().find(wrong) {
        let choices = listed(&content.choices);
        return Err(Error::NotAsked(format!(
            "{wrong:?} is none of the choices {choices}"
        )));
    }
    Ok(picked.join(&SEPARATOR.to_string()))
}

fn picked(question: &MultipleChoice, answer: &Answer) -> Vec<String> {
    let choices = &question.content.choices;
    match answer {
        Answer::Choices(picked) => picked.clone(),
        Answer::Text(text) if question.content.single => {
            let nothing = text.is_empty() && !choices.contains(text);
            if nothing {
                Vec::new()
            } else {
                vec![text.clone()]
            }
        }
        Answer::Text(text) => split_choices(text, choices).unwrap_or_else(|| vec![text.clone()]),
    }
}

/// Take a joined answer apart: the choices whose joined form `text` is, None when it is no such form.
///
/// A choice that itself holds a comma is found too. An empty text is no choice at all, unless one is empty.
fn split_choices(text: &str, choices: &[String]) -> Option<Vec<String>> {
    if choices.iter().any(|choice| choice == text) {
        return Some(vec![text.to_owned()]);
    }
    if text.is_empty() {
        return Some(Vec::new());
    }
    // How each place was first reached: linear in the text for a given list, where trying every split would be
    // exponential.
    let mut reached: HashMap<usize, (usize, &str)> = HashMap::new();
    let mut starts = vec![0];
    while let Some(start) = starts.pop() {
        for choice in choices {
            let Some(rest) = text[start..].strip_prefix(choice.as_str()) else {
                continue;
            };
            if rest.is_empty() {
                return Some(path_to(start, choice, &reached));
            }
            let next = text.len() - rest.len() + SEPARATOR.len_utf8();
            if rest.starts_with(SEPARATOR) && !reached.contains_key(&next) {
                reached.insert(next, (start, choice));
                starts.push(next);
            }
        }
    }
    None
}

fn path_to(mut start: usize, last: &str, reached: &HashMap<usize, (usize, &str)>) -> Vec<String> {
    let mut path = vec![last.to_owned()];
    while let Some((before, choice)) = reached.get(&start) {
        path.push((*choice).to_owned());
        start = *before;
    }
    path.reverse();
    path
}

fn listed(choices: &[String]) -> String {
    if choices.is_empty() {
        return "(there are none)".to_owned();
    }
    let quoted: Vec<String> = choices.iter().map(|choice| format!("{choice:?}")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::ServerMessage;

    fn choice(content: &str) -> Question {
        let frame = format!(
            r#"{{"workflow_uuid":"6f1ed002ab5f4d3e9b6a7c1d2e3f4a5b","uuid":"u","content":{content},"type":"multiple_choice"}}"#
        );
        Question::of(&frame.parse::<ServerMessage>().unwrap()).unwrap()
    }

    fn answer(content: &str, answer: impl Into<Answer>) -> Option<String> {
        frame_for(&choice(content), &answer.into()).ok()
    }

    #[test]
    fn one_choice_is_one_of_them_or_the_default() {
        let plain = r#"{"choices":["a","b"]}"#;
        assert_eq!(answer(plain, "b").as_deref(), Some("b"));
        assert_eq!(answer(plain, ["a"]).as_deref(), Some("a"));
        for wrong in [
            Answer::from("c"),
            "".into(),
            ["a", "b"].into(),
            Vec::<String>::new().into(),
        ] {
            assert_eq!(answer(plain, wrong), None);
        }
        let defaulted = r#"{"choices":["a","b"],"default":"z"}"#;
        assert_eq!(answer(defaulted, "").as_deref(), Some(""));
        assert_eq!(answer(defaulted, "z").as_deref(), Some("z"));
        assert_eq!(answer(r#"{"choices":["","b"]}"#, "").as_deref(), Some(""));
    }

    #[test]
    fn several_choices_are_joined() {
        let several = r#"{"choices":["a","a,b","b"],"single":false}"#;
        assert_eq!(answer(several, ["b", "a,b"]).as_deref(), Some("b,a,b"));
        assert_eq!(answer(several, "a,b,b").as_deref(), Some("a,b,b"));
        assert_eq!(answer(several, "").as_deref(), Some(""));
        assert_eq!(answer(several, "a,,b"), None);
        assert_eq!(answer(several, ["c"]), None);
    }

    #[test]
    fn joined_choices_are_taken_apart() {
        let choices = ["a", "a,b", "c"].map(String::from);
        assert_eq!(split_choices("a,b,c", &choices).unwrap().join("|"), "a,b|c");
        assert_eq!(split_choices("a,c,a", &choices).unwrap().join("|"), "a|c|a");
        assert_eq!(split_choices("a,x", &choices), None);
        // Without a memory of the places tried, this would take for ever.
        let many = ["x", "x,x"].map(String::from);
        assert_eq!(split_choices(&("x,".repeat(5000) + "y"), &many), None);
    }

    #[test]
    fn no_answer_shows_itself() {
        assert_eq!(format!("{:?}", Answer::from("secret")), "Answer(..)");
    }
}
