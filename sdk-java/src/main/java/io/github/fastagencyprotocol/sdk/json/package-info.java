/** What the generated types have in common: how they stand in JSON. */
@NullMarked
package io.github.fastagencyprotocol.sdk.json;

import org.jspecify.annotations.NullMarked;
