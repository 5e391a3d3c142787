//! The two requests, the opening of the socket, and what refuses them.

mod common;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::Arc;
use std::time::Duration;

use common::{bounded, next, Server};
use fastagency_sdk::{json, Client, Error, HeaderMap, Retry};
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};

const WORKFLOWS: &str = r#"[{"name":"w","description":"Says hello","since":2}]"#;

#[tokio::test]
async fn discovery_lists_the_workflows() {
    let server = Server::new().await;
    let client = server.client();
    let script = tokio::spawn(async move { server.answer("200 OK", "", WORKFLOWS).await });
    let workflows = bounded(client.discovery()).await.unwrap();
    assert_eq!(
        (
            workflows[0].name.as_str(),
            workflows[0].description.as_str()
        ),
        ("w", "Says hello")
    );
    let request = bounded(script).await.unwrap();
    assert!(
        request
            .head
            .starts_with("GET /fastagency/discovery HTTP/1.1\r\n"),
        "{}",
        request.head
    );
    let agent = format!("fastagency-sdk-rust/{}", env!("CARGO_PKG_VERSION"));
    assert_eq!(request.header("user-agent"), Some(agent));
}

#[tokio::test]
async fn headers_are_fresh_for_each_request() {
    let server = Server::new().await;
    let count = Arc::new(AtomicU32::new(0));
    let client = server
        .builder()
        .header("x-fixed", "always")
        .header("authorization", "old")
        .user_id("u1")
        .headers_from(move || {
            let number = count.fetch_add(1, Ordering::SeqCst);
            async move {
                let mut headers = HeaderMap::new();
                headers.insert("authorization", format!("Bearer {number}").parse().unwrap());
                headers
            }
        })
        .build()
        .unwrap();
    let script = tokio::spawn(async move {
        let request = server.initiate().await;
        let (stream, _) = server.listener.accept().await.unwrap();
        let mut seen = HeaderMap::new();
        #[allow(clippy::result_large_err)]
        let note = |request: &Request, response: Response| {
            seen = request.headers().clone();
            Ok(response)
        };
        tokio_tungstenite::accept_hdr_async(stream, note)
            .await
            .unwrap();
        (request, seen)
    });
    let _conversation = bounded(client.start("w", json!({}))).await.unwrap();
    let (request, seen) = bounded(script).await.unwrap();
    assert_eq!(request.header("authorization").as_deref(), Some("Bearer 0"));
    assert_eq!(request.header("x-fixed").as_deref(), Some("always"));
    assert!(
        request.body.contains(r#""user_id":"u1""#),
        "{}",
        request.body
    );
    assert_eq!(
        seen.get_all("authorization").iter().collect::<Vec<_>>(),
        ["Bearer 1"]
    );
    assert_eq!(seen["x-fixed"], "always");
}

#[tokio::test]
async fn a_refusal_is_one_readable_sentence() {
    let issues = r#"{"detail":[{"type":"t","loc":["body",0],"msg":"bad"},{"type":"t","loc":[],"msg":"no"}]}"#;
    for (status, headers, body, expected) in [
        (
            "404 Not Found",
            "",
            r#"{"detail":"No such workflow."}"#,
            "No such workflow.",
        ),
        ("422 Unprocessable Entity", "", issues, "body.0: bad; : no"),
        ("502 Bad Gateway", "", "<html>", "Bad Gateway"),
        (
            "302 Found",
            "location: /login\r\n",
            "",
            "Found (it points to /login)",
        ),
    ] {
        let server = Server::new().await;
        let client = server.client();
        let script = tokio::spawn(async move { server.answer(status, headers, body).await });
        match bounded(client.start("w", json!({}))).await {
            Err(Error::RequestRefused {
                status: seen,
                detail,
                retry_after: None,
            }) => {
                assert!(status.starts_with(&seen.to_string()));
                assert_eq!(detail, expected);
            }
            other => panic!("{other:?}"),
        }
        bounded(script).await.unwrap();
    }
}

#[tokio::test]
async fn an_answer_that_is_none_is_malformed() {
    let long = format!(r#"[{{"name":"w","description":"{}"}}]"#, "x".repeat(2000));
    for body in ["no JSON", "{}", "[{}]", "[] []", long.as_str()] {
        let server = Server::new().await;
        let client = server.builder().max_message_size(1000).build().unwrap();
        let text = body.to_owned();
        let script = tokio::spawn(async move { server.answer("200 OK", "", &text).await });
        match bounded(client.discovery()).await {
            Err(Error::MalformedMessage { why, .. }) => {
                assert!(why.contains("/fastagency/discovery"), "{why}")
            }
            other => panic!("{body}: {other:?}"),
        }
        bounded(script).await.unwrap();
    }
}

#[tokio::test]
async fn discovery_alone_is_repeated() {
    let quick = Retry {
        first_delay: Duration::ZERO,
        ..Retry::default()
    };
    let server = Server::new().await;
    let client = Client::builder(&server.url)
        .retry(quick.clone())
        .build()
        .unwrap();
    let script = tokio::spawn(async move {
        server
            .answer("503 Service Unavailable", "retry-after: 0\r\n", "")
            .await;
        server.answer("503 Service Unavailable", "", "").await;
        server.answer("200 OK", "", WORKFLOWS).await;
        server
            .answer("503 Service Unavailable", "retry-after: 7\r\n", "")
            .await;
        server
    });
    assert_eq!(bounded(client.discovery()).await.unwrap().len(), 1);
    match bounded(client.start("w", json!({}))).await {
        Err(Error::RequestRefused {
            status: 503,
            retry_after,
            ..
        }) => {
            assert_eq!(retry_after, Some(Duration::from_secs(7)));
        }
        other => panic!("{other:?}"),
    }
    let server = bounded(script).await.unwrap();
    let later = tokio::time::timeout(Duration::from_millis(50), server.listener.accept()).await;
    assert!(later.is_err(), "the start was repeated");
}

#[tokio::test]
async fn no_server_is_unreachable() {
    let url = Server::new().await.url;
    let client = Client::builder(&url).retry(Retry::never()).build().unwrap();
    for error in [
        bounded(client.discovery()).await.unwrap_err(),
        bounded(client.start("w", json!({}))).await.unwrap_err(),
    ] {
        assert!(matches!(&error, Error::ServerUnreachable { .. }), "{error}");
        assert!(error.to_string().contains("refused"), "{error}");
    }
}

#[tokio::test]
async fn a_silent_server_is_not_waited_for() {
    let server = Server::new().await;
    let wait = Duration::from_millis(30);
    let client = server
        .builder()
        .request_timeout(wait)
        .open_timeout(wait)
        .build()
        .unwrap();
    let error = bounded(client.discovery()).await.unwrap_err();
    assert!(matches!(error, Error::ServerUnreachable { .. }), "{error}");

    let server = Server::new().await;
    let client = server.builder().open_timeout(wait).build().unwrap();
    let script = tokio::spawn(async move {
        server.initiate().await;
        server
    });
    let error = bounded(client.start("w", json!({}))).await.unwrap_err();
    assert!(
        matches!(&error, Error::ServerUnreachable { url, .. } if url.starts_with("ws:")),
        "{error}"
    );
    bounded(script).await.unwrap();
}

#[tokio::test]
async fn the_opening_of_the_socket_can_be_refused() {
    let server = Server::new().await;
    let client = server.client();
    let script = tokio::spawn(async move {
        server.initiate().await;
        server
            .answer(
                "403 Forbidden",
                "retry-after: 1\r\n",
                r#"{"detail":"Not you."}"#,
            )
            .await
    });
    match bounded(client.start("w", json!({}))).await {
        Err(Error::RequestRefused {
            status: 403,
            retry_after: Some(_),
            detail,
        }) => {
            assert!(
                ["Not you.", "Forbidden"].contains(&detail.as_str()),
                "{detail}"
            );
        }
        other => panic!("{other:?}"),
    }
    let request = bounded(script).await.unwrap();
    assert!(
        request.head.starts_with("GET /fastagency/ws HTTP/1.1"),
        "{}",
        request.head
    );
}

#[tokio::test]
async fn paths_can_be_others() {
    let server = Server::new().await;
    let client = Client::builder(&format!("{}/prefix/", server.url))
        .initiate_workflow_path("begin")
        .web_socket_path("/socket")
        .build()
        .unwrap();
    let script = tokio::spawn(async move {
        let request = server.initiate().await;
        let opening = server.answer("404 Not Found", "", "").await;
        [request.head, opening.head].map(|head| head.lines().next().unwrap().to_owned())
    });
    bounded(client.start("w", json!({}))).await.unwrap_err();
    let expected = ["POST /prefix/begin HTTP/1.1", "GET /prefix/socket HTTP/1.1"];
    assert_eq!(bounded(script).await.unwrap(), expected);
}

#[tokio::test]
async fn what_cannot_be_is_said_before_anything_is_sent() {
    assert!(matches!(Client::new("localhost"), Err(Error::Invalid(_))));
    let secret = Client::builder("http://h")
        .header("authorization", "se\ncret")
        .build()
        .unwrap_err();
    assert!(
        matches!(&secret, Error::Invalid(why) if !why.contains("cret")),
        "{secret}"
    );
    let client = Client::new("http://127.0.0.1:1").unwrap();
    let error = client.start("w", [1]).await.unwrap_err();
    assert!(
        matches!(&error, Error::Invalid(why) if why.contains("must be an object")),
        "{error}"
    );
}

#[tokio::test]
async fn a_client_is_shared_between_tasks() {
    fn is_shared<T: Send + Sync + Clone + 'static>(_: &T) {}
    fn is_sent<T: Send + Sync + 'static>(_: &T) {}
    let server = Server::new().await;
    let client = server.client();
    is_shared(&client);
    let script = server.play(|mut socket| async move { next(&mut socket).await });
    let conversation = client.start("w", json!({})).await.unwrap();
    is_sent(&conversation);
    is_shared(&conversation.answers());
    drop(conversation);
    bounded(script).await.unwrap();
}
