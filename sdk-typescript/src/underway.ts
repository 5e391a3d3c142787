/** Answers that are neither accepted nor rejected yet (spec FA-ANS). They may be passwords, so they are kept no longer. */

import type { AnswerAccepted, AnswerFrame } from "./_generated/messages.js";
import type { Question } from "./_generated/tables.js";
import { answerFrame } from "./answers.js";
import { encode } from "./codec.js";
import { newUuid } from "./uuid.js";

interface Answer {
  readonly question: string;
  readonly frame: string;
  sent: boolean;
}

export class AnswersUnderWay {
  readonly #answers = new Map<string, Answer>();
  readonly #mine = new Set<string>();

  /** Take an answer, and return its id. Throws `NotAsked` when the question does not allow the value. */
  add(question: Question, value: string | readonly string[]): string {
    const text = answerFrame(question, value);
    const several = question.type === "multiple_choice" && !question.content.single;
    const answerId = newUuid();
    const frame: AnswerFrame = {
      type: "answer",
      question_uuid: question.uuid,
      answer_id: answerId,
      value: several && typeof value !== "string" ? value : text,
    };
    this.#answers.set(answerId, { question: question.uuid, frame: encode(frame), sent: false });
    this.#mine.add(answerId);
    return answerId;
  }

  /** Whether there is an answer to this question. */
  has(question: string): boolean {
    return [...this.#answers.values()].some((answer) => answer.question === question);
  }

  /** Whether this client gave the answer, now or earlier. */
  isMine(answerId: string): boolean {
    return this.#mine.has(answerId);
  }

  /** The frames that the connection has not carried yet. */
  unsent(): string[] {
    const answers = [...this.#answers.values()].filter(({ sent }) => !sent);
    return answers.map((answer) => {
      answer.sent = true;
      return answer.frame;
    });
  }

  /** The connection has ended: what it carried may not have arrived. */
  sendAgain(): void {
    for (const answer of this.#answers.values()) answer.sent = false;
  }

  /** An answer to the question was taken: no other will be. */
  accepted({ answer_id, question_uuid }: AnswerAccepted): void {
    for (const [answerId, { question }] of this.#answers)
      if (answerId === answer_id || question === question_uuid) this.#answers.delete(answerId);
  }

  /** The answer was not taken. */
  rejected(answerId: string): void {
    this.#answers.delete(answerId);
  }

  /** Nothing is asked any more. */
  clear(): void {
    this.#answers.clear();
  }
}
