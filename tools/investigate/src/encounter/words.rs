//! The words of a report.

/// In which language it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Chinese.
    Chinese,
}

impl Language {
    /// As HTML has it.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh-CN",
        }
    }

    /// The one that is meant.
    pub const fn of<'a>(self, english: &'a str, chinese: &'a str) -> &'a str {
        match self {
            Self::English => english,
            Self::Chinese => chinese,
        }
    }

    /// A state of an alert or a track.
    pub fn state(self, state: &str) -> &str {
        let chinese = match state {
            "active" => "激活",
            "cleared" => "解除",
            "silenced" => "静音",
            "transferred" => "已移交",
            "rectified" => "已消除未确认",
            "acknowledged" | "confirmed" => "已确认",
            "tentative" => "暂定",
            "emergency" => "紧急",
            "alarm" => "警报",
            "warning" => "警告",
            "caution" => "提醒",
            other => other,
        };
        self.of(state, chinese)
    }

    /// Why nothing is known.
    pub fn reason(self, reason: &str) -> String {
        if self == Self::English {
            return reason.to_owned();
        }
        match reason {
            "nobody heard her: coasting" => "无信号：外推中".to_owned(),
            "nobody heard her: lost" => "无信号：目标丢失".to_owned(),
            "nothing was recorded" => "无记录".to_owned(),
            "outside the area" => "不在区域内".to_owned(),
            "the picture began anew" => "态势重新建立".to_owned(),
            "the track ended meanwhile" => "其间航迹终止".to_owned(),
            other => other
                .strip_prefix("the track ended: ")
                .map_or_else(|| other.to_owned(), |reason| format!("航迹终止：{reason}")),
        }
    }
}
