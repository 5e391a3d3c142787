package io.github.fastagencyprotocol.sdk;

import java.net.http.HttpClient;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What a client was told. {@link ClientBuilder} explains each. */
record Settings(
    Endpoints endpoints,
    HttpClient http,
    HttpClient socketHttp,
    Supplier<Map<String, String>> headers,
    @Nullable String userId,
    Duration timeout,
    Duration openTimeout,
    Duration closeTimeout,
    @Nullable Duration pingInterval,
    long maxMessageSize,
    Retry retry,
    Reconnect reconnect,
    Dialect dialect,
    Executor executor) {}
