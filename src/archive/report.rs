//! What a pass did: one value that the terminal, `--json`, the log and the tests read.

use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;

use super::WalkPlan;
use crate::catalog::{Closed, NewsRow};
use crate::domain::walk::{Ending, Outcome, Reason};
use crate::domain::{AccountName, Edge, Login, Timestamp, TokenTrouble};

/// Everything that happened for one account in one pass.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PassReport {
    #[serde(serialize_with = "as_text", deserialize_with = "from_text")]
    pub account: AccountName,
    #[serde(serialize_with = "as_text", deserialize_with = "login")]
    pub login: Login,
    #[serde(serialize_with = "as_text", deserialize_with = "from_text")]
    pub started_at: Timestamp,
    #[serde(serialize_with = "as_text", deserialize_with = "from_text")]
    pub finished_at: Timestamp,
    pub walks: Vec<WalkReport>,
    pub files: FilesReport,
    /// What became known in this pass and was not before, in the order of the events.
    pub news: Vec<News>,
    /// Calls of the API, retries and questions by id included.
    pub calls: u64,
    /// What ended or limited the pass, worst first; empty after a clean one.
    pub problems: Vec<Problem>,
}

/// A word of a closed set. By this name, and not as a reference, a derived reader does not take it
/// for a piece of its input.
pub type Word = &'static str;

/// One walk of a pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalkReport {
    pub walk_id: i64,
    pub name: String,
    #[serde(serialize_with = "as_text", deserialize_with = "edge")]
    pub edge: Edge,
    #[serde(deserialize_with = "outcome")]
    pub outcome: Word,
    #[serde(deserialize_with = "reason")]
    pub reason: Option<Word>,
    pub coverage_from: Option<String>,
    pub coverage_to: Option<String>,
    pub pages: usize,
    pub calls: u64,
    /// Distinct top-level items inside the window.
    pub listed: usize,
    pub new: usize,
    pub changed: usize,
    pub unchanged: usize,
    pub unreadable: usize,
    /// Items that this walk found missing; `None` when it proves nothing or is held.
    pub missing: Option<usize>,
    pub unlisted: usize,
    pub gone: usize,
    /// Items that are missing all at once, so many that none of it is believed yet.
    pub held: Option<usize>,
    /// Why items that it did not list cannot be judged, when something keeps us from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blind: Option<String>,
}

impl WalkReport {
    /// A walk that has seen nothing yet.
    pub fn begin(plan: &WalkPlan, walk_id: i64) -> Self {
        Self {
            walk_id,
            name: plan.name.clone(),
            edge: plan.edge,
            outcome: Outcome::Interrupted.as_str(),
            reason: None,
            coverage_from: None,
            coverage_to: None,
            pages: 0,
            calls: 0,
            listed: 0,
            new: 0,
            changed: 0,
            unchanged: 0,
            unreadable: 0,
            missing: None,
            unlisted: 0,
            gone: 0,
            held: None,
            blind: None,
        }
    }

    /// Fills in how the walk ended.
    pub fn set_ending(&mut self, ending: &Ending) {
        self.outcome = ending.outcome.as_str();
        self.reason = ending.reason.map(crate::domain::walk::Reason::as_str);
        self.coverage_from = ending.coverage.map(|span| span.from.to_string());
        self.coverage_to = ending.coverage.map(|span| span.to.to_string());
    }

    /// Fills in what became of the items that it did not list.
    pub fn set_closed(&mut self, closed: &Closed) {
        self.missing = match (closed.held, &self.coverage_from) {
            (None, Some(_)) => Some(closed.missing),
            (Some(_), _) | (None, None) => None,
        };
        self.changed += closed.changed;
        self.unchanged = self.unchanged.saturating_sub(closed.changed);
        self.unlisted = closed.unlisted;
        self.gone = closed.gone;
        self.held = closed.held;
    }

    /// Whether the walk reached its natural end.
    pub fn is_complete(&self) -> bool {
        self.outcome == Outcome::Complete.as_str()
    }
}

/// One event of a pass that a person wants to hear of; the words are found where it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct News {
    /// A word of `events.kind`.
    pub kind: String,
    pub media_id: Option<String>,
    pub shortcode: Option<String>,
    /// The file that it is about: `media` or `thumbnail`.
    pub role: Option<String>,
    pub walk_id: Option<i64>,
    /// As in `events.detail`.
    pub detail: Value,
}

impl From<NewsRow> for News {
    fn from(row: NewsRow) -> Self {
        let NewsRow { kind, media_id, shortcode, role, walk_id, detail } = row;
        // The catalog writes nothing but JSON there.
        let detail = serde_json::from_str(&detail).unwrap_or(Value::Null);
        Self { kind, media_id, shortcode, role, walk_id, detail }
    }
}

/// The files of a pass.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilesReport {
    /// Files that were fetched, checked, made durable and recorded.
    pub saved: usize,
    pub saved_bytes: u64,
    /// Among the saved ones: files whose bytes the store already held.
    pub already_held: usize,
    /// Among the saved ones: other bytes than before for the same file; the old ones stay.
    pub new_versions: usize,
    /// Looked at again and found to be the same.
    pub rechecked: usize,
    pub failed: usize,
    /// Known, due, and not tried in this pass.
    pub left: usize,
    /// Links that were refreshed by reading their item again.
    pub refreshed: usize,
}

/// Something that limited a pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    pub kind: ProblemKind,
    pub message: String,
    pub hint: Option<String>,
}

/// The kinds of problem, in the order of their weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// The token does not work.
    Token,
    /// A right is missing.
    Permission,
    /// The allowance is used up.
    Throttled,
    /// The API or the network did not answer.
    Api,
    /// The disk is full or the store cannot be written.
    Storage,
    /// Someone asked the program to stop.
    Stopped,
    /// Some files failed; they stand in `failures` with their next try.
    Files,
    /// Some items could not be read; what could be read is kept.
    Items,
    /// Items are missing and nothing can be said of them.
    Blind,
    /// The listing proves nothing about absence.
    Listing,
    /// Too much is lost at once to be believed; a person or a later walk decides.
    Held,
}

impl PassReport {
    /// An empty report for a pass that begins now.
    pub fn begin(account: AccountName, login: Login, now: Timestamp) -> Self {
        Self {
            account,
            login,
            started_at: now,
            finished_at: now,
            walks: Vec::new(),
            files: FilesReport::default(),
            news: Vec::new(),
            calls: 0,
            problems: Vec::new(),
        }
    }

    /// Adds a problem once and keeps the worst first.
    pub fn add_problem(&mut self, problem: Problem) {
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
            self.problems.sort_by_key(|problem| problem.kind);
        }
    }

    /// Adds what became known; a loss that is held is a problem as well, until somebody decides.
    pub fn add_news(&mut self, news: Vec<News>) {
        for held in news.iter().filter(|news| news.kind == "walk_held") {
            let problem = Problem::held(&self.account, held);
            self.add_problem(problem);
        }
        self.news.extend(news);
    }

    /// The kind of the worst problem.
    pub fn worst(&self) -> Option<ProblemKind> {
        self.problems.first().map(|problem| problem.kind)
    }

    /// Whether nothing was new, changed, lost, fetched or wrong.
    pub fn is_quiet(&self) -> bool {
        self.problems.is_empty()
            && self.news.is_empty()
            && self.files.saved == 0
            && self.walks.iter().all(|walk| walk.new + walk.changed == 0)
    }
}

impl Problem {
    fn held(account: &AccountName, news: &News) -> Self {
        let number = |key: &str| news.detail[key].as_u64().unwrap_or(0);
        let (items, looked_at) = (number("items"), number("looked_at"));
        let walk = news.walk_id.unwrap_or(0);
        let what = match news.detail["kind"].as_str() {
            Some("url") => "file addresses are absent",
            Some(_) | None => "items are missing",
        };
        Self {
            kind: ProblemKind::Held,
            message: format!(
                "{account}: {items} of {looked_at} {what} at once in walk {walk}: held, nothing of it is believed"
            ),
            hint: Some(format!(
                "look whether they are there; `mediakeep accept {walk}` believes the walk, else a later walk decides"
            )),
        }
    }

    /// A problem with a token, with what to do about it.
    pub fn token(account: &AccountName, trouble: TokenTrouble, detail: &str) -> Self {
        Self {
            kind: ProblemKind::Token,
            message: format!("{account}: {trouble}: {detail}"),
            hint: Some(match trouble {
                TokenTrouble::NotOfThisHost => format!(
                    "check `login` and `token` of [[account]] {account}: a token works only on the host of its login"
                ),
                TokenTrouble::OtherAccount => format!(
                    "put the token of this account into the token source of [[account]] {account}, or correct its user_id"
                ),
                TokenTrouble::Checkpoint => {
                    "log in to Instagram as the account's owner, confirm what it asks, then run `mediakeep check`".to_owned()
                }
                TokenTrouble::Expired
                | TokenTrouble::Revoked
                | TokenTrouble::PasswordChanged
                | TokenTrouble::Refused => format!(
                    "create a new long-lived token (docs/tokens.md) and put it into the token source of [[account]] {account}"
                ),
            }),
        }
    }
}

fn as_text<T: std::fmt::Display, S: serde::Serializer>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

// A report is read back where a daemon sends it to the command that asked for the pass.

fn from_text<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
}

fn word<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    read: impl Fn(&str) -> Option<T>,
) -> Result<T, D::Error> {
    let word = String::deserialize(deserializer)?;
    read(&word).ok_or_else(|| de::Error::custom(format!("{word:?} is not known")))
}

fn login<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Login, D::Error> {
    word(deserializer, |word| {
        [Login::Instagram, Login::Facebook].into_iter().find(|login| login.as_str() == word)
    })
}

fn edge<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Edge, D::Error> {
    word(deserializer, Edge::from_word)
}

fn outcome<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'static str, D::Error> {
    use Outcome::{Complete, Failed, Interrupted, Partial};
    word(deserializer, |word| {
        let known = [Complete, Partial, Failed, Interrupted].map(Outcome::as_str);
        known.into_iter().find(|known| *known == word)
    })
}

fn reason<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'static str>, D::Error> {
    let word = Option::<String>::deserialize(deserializer)?;
    word.map(|word| {
        let reason = Reason::from_word(&word).map(Reason::as_str);
        reason.ok_or_else(|| de::Error::custom(format!("{word:?} is not known")))
    })
    .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_problem_stands_first_and_none_twice() {
        let now = Timestamp::EPOCH;
        let mut report = PassReport::begin("a".parse().unwrap(), Login::Instagram, now);
        assert!(report.is_quiet());
        let problem = |kind| Problem { kind, message: "m".into(), hint: None };
        for kind in [ProblemKind::Files, ProblemKind::Throttled, ProblemKind::Files] {
            report.add_problem(problem(kind));
        }
        assert_eq!(report.worst(), Some(ProblemKind::Throttled));
        assert_eq!(report.problems.len(), 2);
        assert!(!report.is_quiet());
    }

    #[test]
    fn a_held_loss_is_news_and_a_problem_that_names_the_walk() {
        let mut report =
            PassReport::begin("bakery".parse().unwrap(), Login::Instagram, Timestamp::EPOCH);
        let news = |kind: &str, detail| News {
            kind: kind.to_owned(),
            media_id: None,
            shortcode: None,
            role: None,
            walk_id: Some(17),
            detail,
        };
        let lost = serde_json::json!({"kind": "missing", "items": 412, "looked_at": 4812});
        let addresses = serde_json::json!({"kind": "url", "items": 9, "looked_at": 10});
        report.add_news(vec![news("missing", serde_json::json!({})), news("walk_held", lost)]);
        report.add_news(vec![news("walk_held", addresses)]);
        assert_eq!((report.news.len(), report.problems.len()), (3, 2));
        assert_eq!(report.worst(), Some(ProblemKind::Held));
        let told = |at: usize| report.problems[at].message.as_str();
        assert_eq!(
            told(0),
            "bakery: 412 of 4812 items are missing at once in walk 17: held, nothing of it is believed"
        );
        assert!(told(1).contains("9 of 10 file addresses are absent"), "{}", told(1));
        assert!(report.problems[0].hint.as_ref().unwrap().contains("`mediakeep accept 17`"));
    }

    #[test]
    fn the_report_reads_as_plain_json() {
        let report = PassReport::begin("a".parse().unwrap(), Login::Facebook, Timestamp::EPOCH);
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["account"], "a");
        assert_eq!(json["login"], "facebook");
        assert_eq!(json["started_at"], "1970-01-01T00:00:00Z");
        assert_eq!(json["files"]["saved"], 0);
    }

    #[test]
    fn a_report_is_read_back_as_it_was() {
        let mut report = PassReport::begin("a".parse().unwrap(), Login::Facebook, Timestamp::EPOCH);
        let window = crate::domain::Window::ALL;
        let plan = WalkPlan { name: "full".to_owned(), edge: Edge::Stories, window };
        let mut walk = WalkReport::begin(&plan, 7);
        (walk.reason, walk.missing) = (Some("throttled"), Some(2));
        report.walks.push(walk);
        report.files.saved = 3;
        report.news.push(News {
            kind: "gone".to_owned(),
            media_id: Some("1".to_owned()),
            shortcode: None,
            role: None,
            walk_id: Some(7),
            detail: serde_json::json!({"a": 1}),
        });
        report.add_problem(Problem::token(&report.account.clone(), TokenTrouble::Expired, "x"));
        let text = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<PassReport>(&text).unwrap(), report);
        let unknown = text.replace("interrupted", "who knows");
        assert!(serde_json::from_str::<PassReport>(&unknown).is_err());
    }
}
