//! What an alert can be about: one row a kind.
//!
//! A number is a kind for ever. Sentences are patterns: `{who}`, `{place}`, `{value}`, `{limit}` and `{time}` are
//! what the alert is about, its zone, cell or mark, and what was measured.

use super::Priority;
use serde::{Deserialize, Serialize};

/// What an alert is about; its number is [`Kind::code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the table below says what each is")]
#[non_exhaustive]
#[repr(u16)]
pub enum Kind {
    CollisionRisk = 101,
    CollisionAttention = 102,
    DomainIntrusion = 103,
    NoMeeting = 104,
    NoOvertaking = 105,
    FixedObject = 106,
    NoManoeuvre = 107,
    Rendezvous = 108,
    FishingEncounter = 109,
    RouteDeviation = 203,
    WrongWay = 204,
    SuddenTurn = 205,
    ShallowCrossing = 206,
    BridgeApproach = 210,
    ZoneEntry = 301,
    GateCrossing = 302,
    Restricted = 303,
    PredictedIntrusion = 304,
    Stay = 305,
    SpeedLimit = 306,
    NotUnderCommand = 307,
    SuddenStop = 308,
    AnchorDrag = 309,
    NoAnchoring = 310,
    AnchorageCrowded = 311,
    CellDensity = 312,
    RiskGrade = 314,
    FollowingDistance = 315,
    NetHazard = 316,
    LostTarget = 401,
    AisLost = 402,
    AisGap = 403,
    Unidentified = 404,
    IdentityClash = 405,
    IdentityChange = 406,
    InvalidIdentity = 407,
    PositionJump = 408,
    SensorBias = 409,
    BeiDouDisagrees = 410,
    BeiDouSos = 411,
    DistressBeacon = 412,
    AidOffPosition = 414,
    ReportLag = 416,
    DangerousGoods = 501,
    WatchList = 502,
    Weather = 506,
    FishingPattern = 507,
    SourceSilent = 601,
    SourceRate = 602,
    ClockOffset = 603,
    Recorder = 604,
    Chain = 605,
    Overrun = 608,
    CameraDown = 609,
    Configuration = 610,
    AlertFlood = 613,
}

/// Who may acknowledge it (IMO MSC.302(87), 6.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Category {
    /// Needs the traffic picture to be judged.
    A,
    /// Does not.
    B,
    /// Is treated elsewhere: cannot be acknowledged here.
    C,
}

/// When an alert of a kind is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// With its condition.
    Condition,
    /// When it is acknowledged: it tells of something that has happened.
    Acknowledged,
}

/// Who is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// The operators of the sectors that it lies in.
    Operators,
    /// Whoever looks after the data: counted and reported, on no operator's list.
    Report,
    /// Whoever looks after the machine.
    Technical,
}

/// What is the same for all alerts of a kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub kind: Kind,
    pub priority: Priority,
    pub category: Category,
    pub ends: Ends,
    pub audience: Audience,
    /// Unacknowledged for long, it becomes more urgent.
    pub escalates: bool,
    /// A lesser alert about the same vessels becomes this one in place.
    pub grows_from: Option<Kind>,
    /// In English and in Chinese.
    pub title: [&'static str; 2],
    pub says: [&'static str; 2],
}

const ENCOUNTER: [&str; 2] = ["{who}, {value} between hulls {time}", "{who}，{time}船体相距 {value}"];
const INSIDE: [&str; 2] = ["{who} is in {place}", "{who} 位于 {place}"];

const fn row(kind: Kind, priority: Priority, category: Category, title: [&'static str; 2]) -> Row {
    Row {
        kind,
        priority,
        category,
        ends: Ends::Condition,
        audience: Audience::Operators,
        escalates: false,
        grows_from: None,
        title,
        says: INSIDE,
    }
}

impl Row {
    const fn says(self, en: &'static str, zh: &'static str) -> Self {
        Self { says: [en, zh], ..self }
    }

    const fn escalates(self) -> Self {
        Self { escalates: true, ..self }
    }

    /// Tells of something that has happened.
    const fn event(self) -> Self {
        Self { ends: Ends::Acknowledged, ..self }
    }

    const fn to(self, audience: Audience) -> Self {
        Self { audience, ..self }
    }

    const fn grows_from(self, kind: Kind) -> Self {
        Self { grows_from: Some(kind), ..self }
    }
}

use Audience::{Report, Technical};
use Category::{A, B, C};
use Priority::{Alarm, Caution, Emergency, Warning};

/// ALERTS.md 2, in ascending order of the numbers.
const ROWS: &[Row] = &[
    row(Kind::CollisionRisk, Alarm, A, ["Collision risk", "碰撞危险"])
        .says(ENCOUNTER[0], ENCOUNTER[1])
        .grows_from(Kind::CollisionAttention)
        .escalates(),
    row(Kind::CollisionAttention, Caution, A, ["Collision attention", "碰撞注意"])
        .says(ENCOUNTER[0], ENCOUNTER[1]),
    row(Kind::DomainIntrusion, Alarm, A, ["Ship-domain intrusion", "船舶领域侵入"])
        .says("{who}, inside the domain to {value} of its size", "{who}，已侵入船舶领域至其大小的 {value}"),
    row(Kind::NoMeeting, Warning, A, ["Meeting where none is allowed", "禁止会船区会遇"])
        .says("{who} will meet in {place} {time}", "{who} {time}将在 {place} 会遇"),
    row(Kind::NoOvertaking, Warning, A, ["Overtaking where none is allowed", "禁止追越区追越"])
        .says("{who}: overtaking in {place}", "{who} 在 {place} 追越"),
    row(Kind::FixedObject, Alarm, A, ["Fixed object", "接近固定物标"]).says(
        "{who} passes {place} at {value} {time}, limit {limit}",
        "{who} {time}距 {place} {value}，限值 {limit}",
    ),
    row(Kind::NoManoeuvre, Caution, A, ["No manoeuvre seen", "未见避让行动"])
        .says("{who}: the one to give way has kept its course for {value}", "{who}：让路船 {value} 未行动"),
    row(Kind::Rendezvous, Caution, B, ["Rendezvous", "海上会合"])
        .says("{who} have been {value} apart for {time}", "{who} 相距 {value} 已 {time}"),
    row(Kind::FishingEncounter, Alarm, A, ["Merchant and fishing vessel", "商渔船会遇"])
        .says(ENCOUNTER[0], ENCOUNTER[1])
        .grows_from(Kind::CollisionAttention)
        .escalates(),
    row(Kind::RouteDeviation, Warning, A, ["Off route", "偏离航线"])
        .says("{who} is {value} off {place}, limit {limit}", "{who} 偏离 {place} {value}，限值 {limit}"),
    row(Kind::WrongWay, Alarm, A, ["Against the lane", "逆向航行"])
        .says("{who} goes {value} across the direction of {place}", "{who} 与 {place} 方向相差 {value}"),
    row(Kind::SuddenTurn, Caution, A, ["Sudden turn", "急转向"])
        .says("{who} turned by {value} within a minute", "{who} 一分钟内转向 {value}"),
    row(Kind::ShallowCrossing, Caution, A, ["Shallow crossing of a lane", "小角度穿越航道"])
        .says("{who} crosses {place} at {value}", "{who} 以 {value} 穿越 {place}"),
    row(Kind::BridgeApproach, Alarm, A, ["Bridge approach", "桥梁碰撞危险"])
        .says(
            "{who} will miss the span of {place} by {value} {time}",
            "{who} {time}将偏出 {place} 通航孔 {value}",
        )
        .escalates(),
    row(Kind::ZoneEntry, Warning, B, ["Zone entry", "进入警戒区"]),
    row(Kind::GateCrossing, Caution, B, ["Gate crossing", "越过警戒线"])
        .says("{who} crossed {place}", "{who} 越过 {place}")
        .event(),
    row(Kind::Restricted, Alarm, A, ["Restricted area", "闯入禁航区"]).escalates(),
    row(Kind::PredictedIntrusion, Warning, A, ["Predicted intrusion", "即将闯入"])
        .says("{who} will be in {place} {time}", "{who} {time}将进入 {place}"),
    row(Kind::Stay, Caution, B, ["Stay", "停留时间异常"]).says(
        "{who} was in {place} for {value}, limit {limit}",
        "{who} 在 {place} 停留 {value}，限值 {limit}",
    ),
    row(Kind::SpeedLimit, Warning, B, ["Speed limit", "超速"])
        .says("{who} does {value} in {place}, limit {limit}", "{who} 在 {place} 航速 {value}，限值 {limit}"),
    row(Kind::NotUnderCommand, Alarm, A, ["Not under command", "失控漂航"])
        .says("{who} drifts, its heading {value} off its way", "{who} 漂航，航首向与航迹相差 {value}"),
    row(Kind::SuddenStop, Alarm, A, ["Sudden stop", "急停"])
        .says("{who} lost {value} within half a minute", "{who} 半分钟内减速 {value}")
        .event(),
    row(Kind::AnchorDrag, Alarm, A, ["Dragging anchor", "走锚"])
        .says("{who} has drifted {value} off its anchorage", "{who} 偏离锚位漂移 {value}")
        .escalates(),
    row(Kind::NoAnchoring, Alarm, B, ["Anchored where not allowed", "违规锚泊"]),
    row(Kind::AnchorageCrowded, Caution, B, ["Anchorage crowded", "锚地拥挤"])
        .says("{value} in {place}, limit {limit}", "{place} 内有 {value}，限值 {limit}"),
    row(Kind::CellDensity, Warning, B, ["Cell density", "网格密度"])
        .says("{value} in {place}", "{place} 内有 {value}"),
    row(Kind::RiskGrade, Warning, A, ["Risk grade", "网格风险等级"])
        .says("{place} is at {value}", "{place} 风险为 {value}"),
    row(Kind::FollowingDistance, Warning, A, ["Following distance", "间距不足"]).says(
        "{who} are {value} apart in {place}, limit {limit}",
        "{who} 在 {place} 相距 {value}，限值 {limit}",
    ),
    row(Kind::NetHazard, Caution, B, ["Net ahead", "渔网危险"])
        .says("{who} crosses a line of nets {time}", "{who} {time}将穿越渔网"),
    row(Kind::LostTarget, Warning, A, ["Lost target", "目标丢失"])
        .says("{who} has not been seen for {value}", "{who} 已 {value} 未被发现"),
    row(Kind::AisLost, Warning, A, ["AIS lost", "AIS 失联"])
        .says("{who} is seen, but silent for {value}", "{who} 仍可见，但 AIS 静默 {value}"),
    row(Kind::AisGap, Caution, B, ["AIS gap", "AIS 中断"])
        .says("{who} was silent for {value}", "{who} 静默 {value}")
        .event()
        .to(Report),
    row(Kind::Unidentified, Warning, B, ["Unidentified", "身份不明"])
        .says("{who} has been in {place} for {value} without a name", "{who} 在 {place} {value} 未表明身份"),
    row(Kind::IdentityClash, Warning, B, ["Identity clash", "身份冲突"])
        .says("{who}: one MMSI, {value} apart", "{who}：同一 MMSI，相距 {value}"),
    row(Kind::IdentityChange, Caution, B, ["Identity change", "身份变更"])
        .says("{who} changed its identity", "{who} 变更身份")
        .event()
        .to(Report),
    row(Kind::InvalidIdentity, Caution, B, ["Invalid identity", "无效识别码"])
        .says("{who}: no ship has this number", "{who}：识别码无效")
        .to(Report),
    row(Kind::PositionJump, Warning, B, ["Position jump", "位置跳变"])
        .says("{who} jumped by {value}", "{who} 位置跳变 {value}"),
    row(Kind::SensorBias, Caution, C, ["Sensor bias", "传感器偏差"])
        .says("{place} is off by {value}, limit {limit}", "{place} 偏差 {value}，限值 {limit}")
        .to(Technical),
    row(Kind::BeiDouDisagrees, Caution, B, ["AIS and BeiDou disagree", "AIS 与北斗不符"])
        .says("{who}: {value} between its AIS and its BeiDou", "{who}：AIS 与北斗位置相差 {value}"),
    row(Kind::BeiDouSos, Emergency, B, ["BeiDou distress", "北斗报警"])
        .says("{who} calls for help", "{who} 求救")
        .escalates(),
    row(Kind::DistressBeacon, Emergency, B, ["Distress beacon", "遇险示位标"])
        .says("{place} is active", "{place} 正在发射")
        .escalates(),
    row(Kind::AidOffPosition, Warning, B, ["Aid off position", "航标移位"])
        .says("{place} is off position", "{place} 移位"),
    row(Kind::ReportLag, Caution, B, ["Reports out of step", "报告时间异常"])
        .says("{who}: its reports lag by {value}, limit {limit}", "{who}：报告滞后 {value}，限值 {limit}")
        .to(Report),
    row(Kind::DangerousGoods, Warning, B, ["Dangerous goods", "危险品船"])
        .says("{who} {value} apart, limit {limit}", "{who} 相距 {value}，限值 {limit}"),
    row(Kind::WatchList, Caution, B, ["Watch-list", "重点关注船舶"])
        .says("{who} is on {place}", "{who} 在名单 {place}")
        .event(),
    row(Kind::Weather, Warning, B, ["Weather limit", "气象限制"])
        .says("{value} within {place}", "{place} 内有 {value}"),
    row(Kind::FishingPattern, Warning, B, ["Fishing where not allowed", "违规捕捞"]),
    row(Kind::SourceSilent, Warning, C, ["Source silent", "信号源中断"])
        .says("nothing from {place} for {value}", "{place} 已 {value} 无数据")
        .to(Technical),
    row(Kind::SourceRate, Caution, C, ["Source out of band", "信号源异常"])
        .says("{place}: {value}, usually {limit}", "{place}：{value}，通常 {limit}")
        .to(Technical),
    row(Kind::ClockOffset, Warning, C, ["Clock offset", "时钟偏差"])
        .says("the clock of {place} is off by {value}", "{place} 时钟偏差 {value}")
        .to(Technical),
    row(Kind::Recorder, Alarm, C, ["Recording", "记录"]).says("{place}", "{place}").to(Technical),
    row(Kind::Chain, Alarm, C, ["Recording not as sealed", "记录校验失败"])
        .says("{place}", "{place}")
        .to(Technical),
    row(Kind::Overrun, Warning, C, ["Overrun", "队列溢出"]).says("{place}", "{place}").to(Technical),
    row(Kind::CameraDown, Warning, C, ["Camera down", "摄像机故障"])
        .says("{place} does not answer or refuses", "{place} 无应答或拒绝指令")
        .to(Technical),
    row(Kind::Configuration, Caution, C, ["Configuration", "配置"])
        .says("{place}", "{place}")
        .event()
        .to(Technical),
    row(Kind::AlertFlood, Warning, C, ["Alert flood", "告警泛滥"])
        .says("{value} of one kind in {place} within ten minutes", "{place} 十分钟内同类告警 {value}")
        .to(Technical),
];

/// Stands in for a kind without a row, of which there is none.
const NONE: Row = row(Kind::Configuration, Caution, C, ["", ""]);

impl Kind {
    pub(crate) fn row(self) -> &'static Row {
        let found = ROWS.binary_search_by_key(&self.code(), |row| row.kind.code());
        debug_assert!(found.is_ok(), "{self:?} has no row");
        found.ok().and_then(|place| ROWS.get(place)).unwrap_or(&NONE)
    }

    /// All of them, in the order of their numbers.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        ROWS.iter().map(|row| row.kind)
    }

    /// Its number, never reused.
    #[must_use]
    pub const fn code(self) -> u16 {
        self as u16
    }

    /// The kind of a number.
    #[must_use]
    pub fn of(code: u16) -> Option<Self> {
        ROWS.iter().map(|row| row.kind).find(|kind| kind.code() == code)
    }

    /// How urgent it is unless somebody decides otherwise.
    #[must_use]
    pub fn priority(self) -> Priority {
        self.row().priority
    }

    /// Who may acknowledge it.
    #[must_use]
    pub fn category(self) -> Category {
        self.row().category
    }

    /// Who is told.
    #[must_use]
    pub fn audience(self) -> Audience {
        self.row().audience
    }

    /// Its name in English and in Chinese.
    #[must_use]
    pub fn title(self) -> [&'static str; 2] {
        self.row().title
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_in_order_and_say_something_in_both_languages() {
        assert!(ROWS.windows(2).all(|pair| pair[0].kind.code() < pair[1].kind.code()));
        for row in ROWS {
            assert_eq!(Kind::of(row.kind.code()), Some(row.kind));
            assert_eq!(row.kind.row().kind, row.kind);
            let placeholders = |text: &str| {
                let mut found: Vec<_> = text
                    .split('{')
                    .skip(1)
                    .filter_map(|part| part.split('}').next())
                    .map(str::to_owned)
                    .collect();
                found.sort();
                found
            };
            let [en, zh] = row.says.map(placeholders);
            assert_eq!(en, zh, "{:?}: the two sentences tell different things", row.kind);
            assert!(!row.title[0].is_empty() && !row.title[1].is_ascii() || row.title[1].contains("AIS"));
            assert!(row.category != Category::C || !row.escalates, "{:?}", row.kind);
        }
    }
}
