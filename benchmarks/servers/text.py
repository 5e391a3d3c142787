"""The text of the messages that every peer sends: about as long as a sentence of an agent."""

BODY = "The next prime number after 89 is 97, since none of 2, 3, 5 and 7 divides it. Shall we go on?"
