//! What a client has for the server, and keeps until the server has it (spec FA-ANS-1).

use std::collections::HashSet;

use crate::messages::{AnswerFrame, AnswerValue, CancelWorkflow};

/// Answers that are neither accepted nor rejected, then a cancel. The answers may be passwords.
#[derive(Default)]
pub(crate) struct Outbox {
    answers: Vec<Kept>,
    cancel: Option<Kept>,
    /// The ids of all answers of this client.
    mine: HashSet<String>,
}

struct Kept {
    answer_id: String,
    question_uuid: String,
    frame: String,
    /// Whether it was given to the connection that there is now.
    sent: bool,
}

impl Outbox {
    /// Keep an answer.
    pub(crate) fn answer(&mut self, question_uuid: &str, answer_id: &str, value: AnswerValue) {
        let frame = AnswerFrame {
            question_uuid: question_uuid.to_owned(),
            answer_id: answer_id.to_owned(),
            value,
        };
        self.mine.insert(answer_id.to_owned());
        self.answers.push(Kept {
            frame: serde_json::to_string(&frame).expect("texts are JSON"),
            answer_id: frame.answer_id,
            question_uuid: frame.question_uuid,
            sent: false,
        });
    }

    /// Keep a cancel, instead of an earlier one. It is sent again too: a second one does nothing (spec FA-FRM-5).
    pub(crate) fn cancel(&mut self, reason: Option<&str>) {
        let reason = reason.map(str::to_owned);
        let frame = serde_json::to_string(&CancelWorkflow { reason }).expect("texts are JSON");
        self.cancel = Some(Kept {
            answer_id: String::new(),
            question_uuid: String::new(),
            frame,
            sent: false,
        });
    }

    /// The frames that this connection was not given yet. It has them now.
    pub(crate) fn take_unsent(&mut self) -> Vec<String> {
        let unsent = self.all().filter(|kept| !kept.sent);
        unsent
            .map(|kept| {
                kept.sent = true;
                kept.frame.clone()
            })
            .collect()
    }

    /// Whether this connection was given everything.
    pub(crate) fn is_sent(&self) -> bool {
        let mut all = self.answers.iter().chain(&self.cancel);
        all.all(|kept| kept.sent)
    }

    /// Note that the next connection knows nothing of what this one was given.
    pub(crate) fn forget_sent(&mut self) {
        self.all().for_each(|kept| kept.sent = false);
    }

    /// Let go of an answer that the server settled.
    pub(crate) fn settle(&mut self, answer_id: &str) {
        self.answers.retain(|kept| kept.answer_id != answer_id);
    }

    /// Let go of the answers to a question that is closed.
    pub(crate) fn close(&mut self, question_uuid: &str) {
        self.answers
            .retain(|kept| kept.question_uuid != question_uuid);
    }

    /// Let go of everything: there is nobody to send it to.
    pub(crate) fn clear(&mut self) {
        self.answers.clear();
        self.cancel = None;
    }

    /// Whether an answer to this question is under way.
    pub(crate) fn has_answer_to(&self, question_uuid: &str) -> bool {
        self.answers
            .iter()
            .any(|kept| kept.question_uuid == question_uuid)
    }

    /// Whether an answer is one of this client's.
    pub(crate) fn is_mine(&self, answer_id: &str) -> bool {
        self.mine.contains(answer_id)
    }

    fn all(&mut self) -> impl Iterator<Item = &mut Kept> {
        self.answers.iter_mut().chain(&mut self.cancel)
    }
}
