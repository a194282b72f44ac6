//! What the built-in scenarios of opening connections claim.

mod sim_support;
use sim_support::run;

#[test]
fn hello_tcp() {
    let story = run("hello-tcp");
    assert_eq!(story.received("client"), ["HELLO HELLO"]);
    assert_eq!(story.received("server"), ["hello hello"]);
}
