"""Adding to the spec is all that it takes: a new message type and a new field reach Python and vectors."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from copied_spec import PROJECT, CopiedSpec

IMAGE_MESSAGE = """\
title: ImageMessage
description: A picture to show to the user.
type: object
required: [workflow_uuid, uuid, content, type]
properties:
  workflow_uuid: {description: The conversation., type: string, examples: [6f1ed002ab5f4d3e9b6a7c1d2e3f4a5b]}
  uuid: {description: The message., type: string, minLength: 1, examples: [0b7c1e5a9d3f4e2b8a6c5d4e3f2a1b0b]}
  content: {$ref: ImageMessageContent.yaml}
  type: {description: Always `image_message`., type: string, const: image_message, examples: [image_message]}
"""

IMAGE_CONTENT = """\
title: ImageMessageContent
description: Where the picture is, and what to do with it.
type: object
required: [url, fit]
properties:
  url: {description: Where it is., type: string, minLength: 1, examples: ['https://example.org/a.png']}
  caption: {description: "A line below, if any.", type: [string, 'null'], examples: [A prime spiral.]}
  fit: {$ref: ImageFit.yaml, examples: [cover]}
  regions:
    description: Parts to point out.
    type: array
    items: {$ref: ImageRegion.yaml}
    default: []
    examples: [[{label: the centre, left: 10}]]
"""

IMAGE_FIT = """\
title: ImageFit
description: How a picture fills its place.
type: string
enum: [cover, contain]
x-enumDescriptions: {cover: All of the place., contain: All of the picture.}
"""

IMAGE_REGION = """\
title: ImageRegion
description: A part of a picture.
type: object
required: [label]
properties:
  label: {description: What is there., type: string, examples: [the centre]}
  left: {description: Pixels from the left., type: integer, default: 0, examples: [10]}
"""

ASKS_FOR_ALL = """\
import fastagency_sdk
from fastagency_sdk._generated.messages import ErrorContent, ImageFit, ImageMessage
from fastagency_sdk.codec import decode, encode
from pathlib import Path
from test_vectors_python import message_codec
from vector_judge import judge, vectors

here = Path.cwd()
assert Path(fastagency_sdk.__file__).is_relative_to(here), fastagency_sdk.__file__
found = vectors("messages", here / "spec" / "vectors")
faults = [fault for fault in (judge(vector, message_codec) for vector in found) if fault is not None]
assert faults == [], faults
images = [vector for vector in found if vector.file == "image_message"]
assert len(images) > 50 and {vector.case["valid"] for vector in images} == {True, False}
picture = decode(next(vector.case["frame"] for vector in images if vector.case["name"] == "full"))
assert isinstance(picture, ImageMessage) and picture.content.fit is ImageFit.COVER
assert "NaN" in encode(decode(encode(picture).replace("A prime spiral.", "NaN")))
assert ErrorContent(hint="h").hint == "h" and ErrorContent().hint is None
print("all is well")
"""


@pytest.fixture
def extended(tmp_path: Path) -> CopiedSpec:
    """The spec with `image_message`, its types, and an optional field of an existing type."""
    copied = CopiedSpec(tmp_path)
    for name, text in (
        ("ImageMessage", IMAGE_MESSAGE),
        ("ImageMessageContent", IMAGE_CONTENT),
        ("ImageFit", IMAGE_FIT),
        ("ImageRegion", IMAGE_REGION),
    ):
        copied.append(f"schemas/{name}.yaml", text)
    copied.replace(
        "schemas/ServerMessage.yaml",
        "  - $ref: Error.yaml\n",
        "  - $ref: Error.yaml\n  - $ref: ImageMessage.yaml\n",
    )
    copied.replace(
        "schemas/ServerMessage.yaml",
        "    error: Error.yaml\n",
        "    error: Error.yaml\n    image_message: ImageMessage.yaml\n",
    )
    copied.append(
        "schemas/ErrorContent.yaml",
        "  hint: {description: A hint., type: [string, 'null'], default: null, examples: [Try again.]}\n",
    )
    copied.replace(
        "asyncapi.yaml",
        "      Error:\n        $ref: '#/components/messages/Error'\n",
        "      Error:\n        $ref: '#/components/messages/Error'\n"
        "      ImageMessage:\n        $ref: '#/components/messages/ImageMessage'\n",
    )
    copied.replace(
        "asyncapi.yaml",
        "x-close-codes:\n",
        "    ImageMessage:\n      name: image_message\n      title: Image\n      summary: A picture.\n"
        "      payload:\n        $ref: schemas/ImageMessage.yaml\nx-close-codes:\n",
    )
    copied.replace(
        "asyncapi.yaml",
        "        - workflow_started\n",
        "        - workflow_started\n        - image_message\n",
    )
    return copied


def test_new_message_type_and_field_reach_python_and_its_vectors(extended: CopiedSpec) -> None:
    package = extended.root / "sdk-python" / "fastagency_sdk"
    hand_written = shutil.ignore_patterns("_generated", "__pycache__")
    shutil.copytree(PROJECT / "sdk-python" / "fastagency_sdk", package, ignore=hand_written)

    assert extended.run() == 0

    tests = PROJECT / "tests"
    path = [extended.root / "sdk-python", tests, tests / "generators"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path))}
    ran = subprocess.run(
        [sys.executable, "-c", ASKS_FOR_ALL],
        cwd=extended.root,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert ran.stdout == "all is well\n", ran.stderr


def test_new_message_type_reaches_the_other_outputs(extended: CopiedSpec) -> None:
    assert extended.run("--only", "typescript") == 0
    assert extended.run("--only", "bundle") == 0
    typescript = "".join(
        path.read_text() for path in extended.root.glob("sdk-typescript/src/_generated/*.ts")
    )
    assert "ImageMessageContent" in typescript
    assert '"image_message"' in typescript
    bundled = (extended.root / "server/fastagency_server/_generated/asyncapi.json").read_text()
    assert "#/components/schemas/ImageMessage" in bundled


def test_forgotten_step_is_named(extended: CopiedSpec, capsys: pytest.CaptureFixture[str]) -> None:
    listed = "      ImageMessage:\n        $ref: '#/components/messages/ImageMessage'\n"
    extended.replace("asyncapi.yaml", listed, "")
    assert extended.run() == 1
    errors = capsys.readouterr().err
    assert "no channel that the server sends on lists a message named 'image_message'" in errors
