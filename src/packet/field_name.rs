//! The names of header fields, in both languages, with where they are drawn.

macro_rules! names {
    ($($name:ident: $source:literal, $en:literal, $zh:literal;)*) => {
        /// A field of a header, under the name that its RFC gives it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum FieldName {
            $(#[doc = concat!($en, " (", $source, ")")] $name,)*
        }

        impl FieldName {
            /// Every name.
            pub const ALL: &[FieldName] = &[$(FieldName::$name),*];

            /// The name in English, as the RFC writes it.
            pub const fn en(self) -> &'static str {
                match self { $(FieldName::$name => $en,)* }
            }

            /// The name in Chinese.
            pub const fn zh(self) -> &'static str {
                match self { $(FieldName::$name => $zh,)* }
            }

            /// Where the field is defined, for example `RFC 9293 §3.1`.
            pub const fn source(self) -> &'static str {
                match self { $(FieldName::$name => $source,)* }
            }
        }
    };
}

names! {
    Version: "RFC 791 §3.1", "Version", "版本";
    HeaderLength: "RFC 791 §3.1", "IHL", "首部长度";
    Dscp: "RFC 2474 §3", "DSCP", "区分服务";
    Ecn: "RFC 3168 §5", "ECN", "显式拥塞通知";
    TotalLength: "RFC 791 §3.1", "Total Length", "总长度";
    Identification: "RFC 791 §3.1", "Identification", "标识";
    ReservedFlag: "RFC 791 §3.1", "Reserved bit", "保留位";
    DontFragment: "RFC 791 §3.1", "DF", "禁止分片";
    MoreFragments: "RFC 791 §3.1", "MF", "更多分片";
    FragmentOffset: "RFC 791 §3.1", "Fragment Offset", "片偏移";
    TimeToLive: "RFC 791 §3.1", "Time to Live", "生存时间";
    Protocol: "RFC 791 §3.1", "Protocol", "协议";
    HeaderChecksum: "RFC 791 §3.1", "Header Checksum", "首部校验和";
    SourceAddress: "RFC 791 §3.1", "Source Address", "源地址";
    DestinationAddress: "RFC 791 §3.1", "Destination Address", "目的地址";
    IpOptions: "RFC 791 §3.1", "Options", "选项";
    FlowLabel: "RFC 8200 §3", "Flow Label", "流标签";
    PayloadLength: "RFC 8200 §3", "Payload Length", "有效载荷长度";
    NextHeader: "RFC 8200 §3", "Next Header", "下一个首部";
    HopLimit: "RFC 8200 §3", "Hop Limit", "跳数限制";
    ExtensionLength: "RFC 8200 §4", "Hdr Ext Len", "扩展首部长度";
    ExtensionData: "RFC 8200 §4", "Extension header", "扩展首部内容";
    Reserved: "RFC 9293 §3.1", "Reserved", "保留";
    SourcePort: "RFC 9293 §3.1", "Source Port", "源端口";
    DestinationPort: "RFC 9293 §3.1", "Destination Port", "目的端口";
    SequenceNumber: "RFC 9293 §3.1", "Sequence Number", "序号";
    AcknowledgmentNumber: "RFC 9293 §3.1", "Acknowledgment Number", "确认号";
    DataOffset: "RFC 9293 §3.1", "Data Offset", "数据偏移";
    Cwr: "RFC 3168 §6.1", "CWR", "拥塞窗口已减小";
    Ece: "RFC 3168 §6.1", "ECE", "ECN 回显";
    Urg: "RFC 9293 §3.1", "URG", "紧急";
    Ack: "RFC 9293 §3.1", "ACK", "确认";
    Psh: "RFC 9293 §3.1", "PSH", "推送";
    Rst: "RFC 9293 §3.1", "RST", "复位";
    Syn: "RFC 9293 §3.1", "SYN", "同步";
    Fin: "RFC 9293 §3.1", "FIN", "终止";
    Window: "RFC 9293 §3.1", "Window", "窗口";
    Checksum: "RFC 9293 §3.1", "Checksum", "校验和";
    UrgentPointer: "RFC 9293 §3.1", "Urgent Pointer", "紧急指针";
    OptionKind: "RFC 9293 §3.1", "Option Kind", "选项类型";
    OptionLength: "RFC 9293 §3.1", "Option Length", "选项长度";
    EndOfOptions: "RFC 9293 §3.1", "End of Option List", "选项表结束";
    NoOperation: "RFC 9293 §3.1", "No-Operation", "无操作";
    MaximumSegmentSize: "RFC 9293 §3.7.1", "Maximum Segment Size", "最大报文段长度";
    WindowShift: "RFC 7323 §2.2", "Window Scale shift.cnt", "窗口扩大因子";
    SackLeftEdge: "RFC 2018 §3", "SACK Left Edge", "SACK 块左边界";
    SackRightEdge: "RFC 2018 §3", "SACK Right Edge", "SACK 块右边界";
    TimestampValue: "RFC 7323 §3.2", "TSval", "时间戳值";
    TimestampEcho: "RFC 7323 §3.2", "TSecr", "时间戳回显";
    OptionData: "RFC 9293 §3.1", "Option Data", "选项数据";
    Padding: "RFC 9293 §3.1", "Padding", "填充";
    Length: "RFC 768", "Length", "长度";
    IcmpType: "RFC 792", "Type", "类型";
    IcmpCode: "RFC 792", "Code", "代码";
    Unused: "RFC 792", "Unused", "未使用";
    NextHopMtu: "RFC 1191 §4", "Next-Hop MTU", "下一跳 MTU";
    Mtu: "RFC 4443 §3.2", "MTU", "MTU";
    Pointer: "RFC 792", "Pointer", "指针";
    RestOfHeader: "RFC 792", "Rest of Header", "首部其余部分";
    Payload: "RFC 9293 §3.1", "Data", "数据";
    NotAPacket: "RFC 791", "Not an IP packet", "不是 IP 数据报";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_a_name_in_both_languages_and_a_source() {
        for &name in FieldName::ALL {
            assert!(!name.en().is_empty() && !name.zh().is_empty(), "{name:?}");
            assert!(name.zh() == "MTU" || !name.zh().is_ascii(), "{name:?}: the Chinese name is not Chinese");
            assert!(name.source().starts_with("RFC "), "{name:?}");
        }
    }
}
