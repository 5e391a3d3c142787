/**
 * What generated code is made with. Not part of the SDK's interface: the module keeps it to itself.
 */
@NullMarked
package io.github.fastagencyprotocol.sdk.internal;

import org.jspecify.annotations.NullMarked;
