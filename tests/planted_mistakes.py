"""Mistakes of somebody who adds a message type: each is planted into the README's edit of the spec."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["MISTAKES", "Mistake"]


class Mistake(NamedTuple):
    """What is replaced in one file of the spec, and the line of the refusal: `file#/pointer: complaint`."""

    file: str
    old: str
    new: str
    refusal: str


_RUNNING = "      client: [answer, cancel_workflow, acknowledge]\n      server:\n"

CONTENT = "schemas/ImageMessageContent.yaml"

MISTAKES = {
    "left out of the union": Mistake(
        "schemas/ServerMessage.yaml",
        "  - $ref: ImageMessage.yaml\n",
        "",
        "schemas/ServerMessage.yaml#/discriminator/mapping/image_message: the mapping of 'image_message'",
    ),
    "left out of the mapping": Mistake(
        "schemas/ServerMessage.yaml",
        "    image_message: ImageMessage.yaml\n",
        "",
        "schemas/ServerMessage.yaml#/oneOf/10: schemas/ImageMessage.yaml has no tag",
    ),
    "misspelt in the mapping": Mistake(
        "schemas/ServerMessage.yaml",
        "    image_message: Im",
        "    imagemessage: Im",
        "schemas/ImageMessage.yaml#/properties/type: as a variant of schemas/ServerMessage.yaml it must say",
    ),
    "left out of the channel": Mistake(
        "asyncapi.yaml",
        "      ImageMessage:\n        $ref: '#/components/messages/ImageMessage'\n",
        "",
        "asyncapi.yaml#/components/messages/ImageMessage: no channel lists this message",
    ),
    "misspelt in the channel": Mistake(
        "asyncapi.yaml",
        "'#/components/messages/ImageMessage'",
        "'#/components/messages/ImagesMessage'",
        "asyncapi.yaml#/channels/messages/messages/ImageMessage/$ref: the reference '#/components",
    ),
    "misspelt in the lifecycle": Mistake(
        "asyncapi.yaml",
        f"{_RUNNING}        - text_message\n        - image_message\n",
        f"{_RUNNING}        - text_message\n        - image\n",
        "asyncapi.yaml#/x-lifecycle/states/1/server/1: the server has no message 'image'",
    ),
    "another name than the tag": Mistake(
        "asyncapi.yaml",
        "name: image_message",
        "name: picture",
        "asyncapi.yaml#/components/messages/ImageMessage: schemas/ServerMessage.yaml has no tag 'picture'",
    ),
    "another type than the tag": Mistake(
        "schemas/ImageMessage.yaml",
        "const: image_message",
        "const: picture",
        "schemas/ImageMessage.yaml#/properties/type: as a variant of schemas/ServerMessage.yaml it must say",
    ),
    "no tag": Mistake(
        "schemas/ImageMessage.yaml",
        "    const: image_message\n",
        "",
        "schemas/ImageMessage.yaml#/properties/type: as a variant of schemas/ServerMessage.yaml it must say",
    ),
    "a file that is not there": Mistake(
        "schemas/ImageMessage.yaml",
        "ImageMessageContent.yaml",
        "ImagesContent.yaml",
        "schemas/ImageMessage.yaml#/properties/content/$ref: the reference 'ImagesContent.yaml' is missing",
    ),
    "another title than the file's name": Mistake(
        CONTENT,
        "title: ImageMessageContent",
        "title: Picture",
        "schemas/ImageMessageContent.yaml#/title: the title 'Picture' is not the file's name",
    ),
    "a required field that is not there": Mistake(
        CONTENT,
        "required: [url, fit]",
        "required: [uri, fit]",
        "schemas/ImageMessageContent.yaml#/required/0: requires 'uri', which is not one of the properties",
    ),
    "a field without a description": Mistake(
        CONTENT,
        "description: Where the picture is., ",
        "",
        "schemas/ImageMessageContent.yaml#/properties/url: a field needs a description",
    ),
    "a field without an example": Mistake(
        CONTENT,
        ", examples: ['https://example.org/spiral.png']",
        "",
        "schemas/ImageMessageContent.yaml#/properties/url: a field needs an example",
    ),
    "an example that is no value of the enum": Mistake(
        CONTENT,
        "examples: [cover]",
        "examples: [stretch]",
        "schemas/ImageMessageContent.yaml#/properties/fit/examples/0: is not of the field's type",
    ),
    "an inline enum": Mistake(
        CONTENT,
        "fit: {$ref: ImageFit.yaml",
        "fit: {description: How., type: string, enum: [cover]",
        "schemas/ImageMessageContent.yaml#/properties/fit: an inline enum",
    ),
    "an inline object": Mistake(
        CONTENT,
        "items: {$ref: ImageRegion.yaml}",
        "items: {type: object, properties: {}}",
        "schemas/ImageMessageContent.yaml#/properties/regions/items: an inline object",
    ),
    "a list of anything": Mistake(
        CONTENT,
        "    items: {$ref: ImageRegion.yaml}\n",
        "",
        "schemas/ImageMessageContent.yaml#/properties/regions: `items` of a list is missing",
    ),
    "a default of another type": Mistake(
        "schemas/ImageRegion.yaml",
        "default: 0",
        "default: none",
        "schemas/ImageRegion.yaml#/properties/left/default: is not of the field's type: must be an integer",
    ),
    "a default of a required field": Mistake(
        "schemas/ImageRegion.yaml",
        "examples: [the centre]",
        "default: here, examples: [here]",
        "schemas/ImageRegion.yaml#/properties/label/default: a required field has no use for a default",
    ),
    "an enum's value without a description": Mistake(
        "schemas/ImageFit.yaml",
        "cover: All of the place., ",
        "",
        "schemas/ImageFit.yaml#/enum/0: the value 'cover' needs a description in x-enumDescriptions",
    ),
    "an enum's value that stands twice": Mistake(
        "schemas/ImageFit.yaml",
        "[cover, contain]",
        "[cover, cover]",
        "schemas/ImageFit.yaml#/enum/1: the value 'cover' is repeated",
    ),
    "a keyword that cannot be generated": Mistake(
        CONTENT,
        "minLength: 1",
        "format: uri",
        "schemas/ImageMessageContent.yaml#/properties/url/format: unknown keyword 'format'",
    ),
    "a keyword that does not exist": Mistake(
        "schemas/ImageRegion.yaml",
        "required:",
        "requires:",
        "schemas/ImageRegion.yaml#/requires: unknown keyword 'requires'",
    ),
}
