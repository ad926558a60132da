use model::{UserId, UserState};
use store::NewUser;

use crate::given::{now, open_new};

fn user(id: &str, email: &str) -> NewUser {
    NewUser {
        id: UserId::new(id).unwrap(),
        email: email.into(),
        first_name: "Ada".into(),
        last_name: "Lovelace".into(),
        note: Some("met in London".into()),
    }
}

#[tokio::test]
async fn a_user_is_created_blocked_and_activated() {
    let (_dir, store) = open_new().await;
    store.users().create(user("ada", "ada@example.com"), now()).await.unwrap();
    for state in [UserState::Blocked, UserState::Pending, UserState::Deleted, UserState::Active] {
        store.users().set_state(&UserId::new("ADA").unwrap(), state).await.unwrap();
        let all = store.users().list().await.unwrap();
        let [found] = all.as_slice() else { panic!("one user, not {all:?}") };
        assert_eq!((found.id.as_str(), &*found.email, found.state), ("ada", "ada@example.com", state));
        assert_eq!((&*found.first_name, &*found.last_name), ("Ada", "Lovelace"));
        assert_eq!((found.note.as_deref(), found.registration_date), (Some("met in London"), Some(now())));
    }
}

#[tokio::test]
async fn mistakes_are_answered_with_what_to_do() {
    let (_dir, store) = open_new().await;
    store.users().create(user("ada", "ada@example.com"), now()).await.unwrap();
    let cases = [
        (
            user("Ada", "b@example.com"),
            "the user `Ada` is there already; choose another name or delete that one first",
        ),
        (
            user("b", "ADA@example.com"),
            "another user has the address `ADA@example.com`; use that user or another address",
        ),
        (user("b", "nobody"), "the email address must be like `name@example.com`"),
        (user("b", "a b@example.com"), "the email address must be like `name@example.com`"),
        (NewUser { first_name: String::new(), ..user("b", "b@example.com") }, "the first name is empty"),
        (
            NewUser { last_name: "x".repeat(101), ..user("b", "b@example.com") },
            "the last name has 101 characters, at most 100 are allowed",
        ),
    ];
    for (wanted, problem) in cases {
        assert_eq!(store.users().create(wanted, now()).await.unwrap_err().to_string(), problem);
    }
    let nobody = store.users().set_state(&UserId::new("bob").unwrap(), UserState::Blocked).await;
    let problem = "there is no user `bob` in the store; `list` shows those that there are";
    assert_eq!(nobody.unwrap_err().to_string(), problem);
}
