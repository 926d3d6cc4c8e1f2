//! Every fault the sandbox can be told to show.

macro_rules! catalogue {
    ($($(#[$doc:meta])* $variant:ident $name:literal $description:literal,)+) => {
        /// One kind of misbehaviour; `GET /control/faults` lists them with their descriptions.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FaultKind {
            $(#[doc = concat!("`", $description, "`")] $variant,)+
        }

        impl FaultKind {
            /// All kinds, in the order of the catalogue.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name used by the control API.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What it does, and which arguments it reads.
            pub fn description(self) -> &'static str {
                match self { $(Self::$variant => $description,)+ }
            }
        }
    };
}

catalogue! {
    ThrottleApp "throttle_app" "code 4/1349210 with HTTP 403 and usage at 100 %; minutes=N blocks for that long",
    ThrottleBuc "throttle_buc" "code 80002 with the minutes to regain access in the header; minutes=N blocks for that long",
    ThrottleUser "throttle_user" "code 17, user request limit reached; minutes=N blocks for that long",
    Transient2 "transient_2" "code 2 with is_transient and HTTP 500",
    Unknown1 "unknown_1" "code 1, an unknown error, HTTP 500",
    TooHeavy "too_heavy" "code 1, reduce the amount of data, HTTP 500, no type; above_limit=N only for larger pages",
    Http502Html "http_502_html" "HTTP 502 with a gateway's HTML page",
    Http503 "http_503" "HTTP 503 with an empty body",
    Http429 "http_429" "HTTP 429 without a Graph code; retry_after=N adds the header",
    TruncatedJson "truncated_json" "HTTP 200 whose JSON ends in the middle",
    InvalidJson "invalid_json" "HTTP 200 whose body is no JSON",
    EmptyBody "empty_body" "HTTP 200 with nothing in it",
    LocalizedMessage "localized_message" "code 2 with a Portuguese message",
    MissingType "missing_type" "code 1 whose error object has no type",
    ErrorSubcodeZero "error_subcode_zero" "code 2 with error_subcode 0",
    ErrorIn200 "error_in_200" "an id and an error object side by side under HTTP 200",
    Html200 "html_200" "HTTP 200 with an HTML page",
    Nodes100_33 "nodes_100_33" "the outage of May 2026: direct reads fail with 100/33, lists work",
    Permission10 "permission_10" "code 10, no permission for this action",
    Permission200 "permission_200" "code 200, permissions error, HTTP 403",
    TokenExpired463 "token_expired_463" "code 190/463, the session has expired",
    TokenRevoked458 "token_revoked_458" "code 190/458, the app is not authorized",
    PasswordChanged460 "password_changed_460" "code 190/460, the password was changed",
    Checkpoint459 "checkpoint_459" "code 190/459, the user is checkpointed",
    EmptyPageWithNext "empty_page_with_next" "a page without items that has a next page",
    EmptyEnd "empty_end" "an empty last page although items remain",
    EarlyEnd "early_end" "a page that is the last one although items remain, with nothing amiss in it; items=N how many (half by default)",
    HiddenKind "hidden_kind" "items with media_product_type=KIND are in no list and do not exist by id, as when a permission is lost",
    LateList "late_list" "lists lack what was published in the last seconds=N, as a replica that lags does",
    AtSignsStripped "at_signs_stripped" "captions come without their at signs, as for callers with fewer rights",
    WithheldField "withheld_field" "no item has field=NAME, one of caption, alt_text, permalink, owner, media_url",
    ShortPages "short_pages" "a page with fewer items than asked for; items=N how many (half by default)",
    RepeatedCursor "repeated_cursor" "the next page leads to the same page again",
    CursorLoopAba "cursor_loop_aba" "the next page leads back to the page before: A, B, A, B",
    EndlessPages "endless_pages" "the end of the list leads to its beginning with a new cursor",
    InvalidCursor "invalid_cursor" "code 100 for a cursor handed out a moment ago",
    ItemShift "item_shift" "a post is published between two pages and repeats one item; by=-1 removes one and skips one",
    DuplicateItems "duplicate_items" "the first item of a page stands in it twice",
    OutOfOrder "out_of_order" "the first and the last item of a page change places",
    NullFields "null_fields" "fields that would be left out come as null",
    WrongTypes "wrong_types" "numbers as text, ids as numbers",
    MissingId "missing_id" "items without their id",
    OddIds "odd_ids" "ids that are not numbers, or look like paths",
    UnknownMediaType "unknown_media_type" "a media_type and a product type nobody has heard of",
    ExtraFields "extra_fields" "fields nobody asked for",
    DeepJson "deep_json" "a value nested very deeply; depth=N",
    HugeBody "huge_body" "an answer of many megabytes; bytes=N",
    ResetConnection "reset_connection" "the connection is reset before an answer",
    HangBeforeHeaders "hang_before_headers" "no answer for seconds=N (an hour by default)",
    StallBody "stall_body" "half the body, then nothing for seconds=N (an hour by default)",
    DripBody "drip_body" "the body trickles; bytes_per_second=N",
    RedirectOtherHost "redirect_other_host" "HTTP 302 to another host; to=URL",
    NextOtherHost "next_other_host" "paging.next points to another host",
    UsageAbsent "usage_absent" "no usage headers",
    UsageMalformed "usage_malformed" "usage headers that are no JSON",
    WrongAccount "wrong_account" "/me answers for someone else",
    MeWrapped "me_wrapped" "/me answers inside a data list",
    RefusedField "refused_field" "code 10 for a request that names field=NAME",
    NonexistingField "nonexisting_field" "code 100 for a request that names field=NAME, as for a field of another version",
    SinceUntilIgnored "since_until_ignored" "the list ignores since and until",
    FileForbidden "file_forbidden" "HTTP 403; text=expired|mismatch|hash|timestamp",
    FileMissing "file_missing" "HTTP 404",
    FileGone "file_gone" "HTTP 410",
    FileCut "file_cut" "the connection ends in the middle of the body; at=BYTES",
    FileStall "file_stall" "the body stops; at=BYTES, seconds=N",
    FileSilent "file_silent" "no answer for seconds=N",
    FileTruncated "file_truncated" "status and length in order, but the file ends early; at=BYTES",
    FileFlipped "file_flipped" "one byte of the file is another one; at=BYTES",
    FileRangeIgnored "file_range_ignored" "HTTP 200 with the whole file although a range was asked for",
    FileCloseEarly "file_close_early" "as file_close_delimited, but the connection ends early; at=BYTES",
    FileDrip "file_drip" "the body trickles; bytes_per_second=N",
    FileWrongLength "file_wrong_length" "Content-Length differs from the body; delta=N",
    FileHtml "file_html" "HTTP 200 with an HTML page",
    FileEmpty "file_empty" "HTTP 200 without a byte",
    FileWrongType "file_wrong_type" "another Content-Type; type=MIME",
    FileSwapped "file_swapped" "the bytes of another item",
    FileRedirect "file_redirect" "HTTP 302; to=URL",
    FileServerError "file_server_error" "HTTP 5xx; status=N",
    FileThrottled "file_throttled" "HTTP 429; retry_after=SECONDS",
    FileCompressed "file_compressed" "a gzip body nobody asked for",
    FilePartial206 "file_partial_206" "HTTP 206 for a request without Range",
    FileChunked "file_chunked" "no Content-Length, chunked",
    FileCloseDelimited "file_close_delimited" "no Content-Length, ends with the connection",
}

impl FaultKind {
    /// The kind with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// Whether it concerns the file host instead of the API.
    pub fn concerns_files(self) -> bool {
        self.name().starts_with("file_")
    }
}
