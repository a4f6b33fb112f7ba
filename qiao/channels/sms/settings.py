"""Settings of an SMS inbox."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, SecretStr, StringConstraints

from qiao.channels.contract.forms import WebAddress, field

ALIYUN: Final = "https://dysmsapi.aliyuncs.com"
_ALIYUN: Final = {"provider": ["aliyun"]}
_HTTP: Final = {"provider": ["http"]}
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
Block = Annotated[str, StringConstraints(max_length=4000)]
Code = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[1-9][0-9]{0,3}$")]


class SmsSettings(BaseModel):
    """One sender. `provider` says which of the two groups below counts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider: Literal["aliyun", "http"] = field(
        "aliyun", "短信服务商", "Provider", "阿里云短信，或任何能用一次 HTTP 请求发短信的服务商。",
        "Alibaba Cloud SMS, or any provider that sends a text by one HTTP request.",
        options={"aliyun": ("阿里云短信", "Alibaba Cloud SMS"), "http": ("其他服务商（HTTP）", "Another (HTTP)")},
    )  # fmt: skip
    country: Code = field(
        "86",
        "默认国家代码",
        "Default country code",
        "没有国家代码的号码属于哪里。",
        "Where numbers without a code belong.",
    )
    max_segments: int = field(
        10, "一条消息最多几段", "Most parts of one message", "短信按段收费：每段 70 个汉字（长短信 67），英文 160（153）。",
        "Texts are charged by part: 160 Latin characters (153 when joined), 70 of others (67).", ge=1, le=20,
    )  # fmt: skip
    opt_out_words: list[Line] = field(
        [],
        "更多退订词",
        "More opt-out words",
        "除 TD、退订、STOP、UNSUBSCRIBE 等以外。",
        "Besides TD, 退订, STOP, UNSUBSCRIBE …",
    )
    hook_token: SecretStr | None = field(
        None, "回调口令", "Hook token", "自己定一串随机字符，附在回调地址后：?token=…。没有它就不接收回调。",
        "A random text of your own, added to the hook address: ?token=…. Without it no reports and no replies are taken.",
    )  # fmt: skip

    access_key_id: Line = field("", "AccessKey ID", "AccessKey ID", group="aliyun", shown_when=_ALIYUN, needed=True)
    access_key_secret: SecretStr | None = field(
        None, "AccessKey Secret", "AccessKey secret", group="aliyun", shown_when=_ALIYUN, needed=True
    )
    sign_name: Line = field(
        "",
        "短信签名",
        "Sign name",
        "在短信控制台审核通过的签名。",
        "The signature approved in the SMS console.",
        group="aliyun",
        shown_when=_ALIYUN,
        needed=True,
    )
    reply_template: Line = field(
        "", "回复模板", "Reply template", "客服手写的回复通过这个模板发出，例如 SMS_123456789；模板里只有一个变量。",
        "What agents write leaves through this template, for instance SMS_123456789; it has one variable.",
        group="aliyun", shown_when=_ALIYUN,
    )  # fmt: skip
    reply_variable: Line = field(
        "content",
        "模板变量名",
        "Its variable",
        "模板 ${content} 里的 content。",
        "content of ${content}.",
        group="aliyun",
        shown_when=_ALIYUN,
    )
    aliyun_url: WebAddress = field(ALIYUN, "接口地址", "API address", group="aliyun", shown_when=_ALIYUN)

    url: WebAddress = field(
        "", "请求地址", "Address", "可用 {to} {to_digits} {text} {id} {secret}。",
        "May use {to} {to_digits} {text} {id} {secret}.", group="http", shown_when=_HTTP, needed=True,
    )  # fmt: skip
    method: Literal["POST", "PUT", "GET"] = field("POST", "方法", "Method", group="http", shown_when=_HTTP)
    headers: Block = field(
        "", "请求头", "Headers", "每行一个：名字: 值。{basic} 是口令的 Basic 编码。",
        "One a line, name: value. {basic} is the secret encoded for Basic.", group="http", shown_when=_HTTP, multiline=True,
    )  # fmt: skip
    content_type: Literal["application/json", "application/x-www-form-urlencoded", "text/xml"] = field(
        "application/json",
        "内容类型",
        "Content type",
        group="http",
        shown_when=_HTTP,
        options={
            "application/json": ("JSON", "JSON"),
            "application/x-www-form-urlencoded": ("表单", "Form"),
            "text/xml": ("XML", "XML"),
        },
    )
    body: Block = field(
        '{"to":"{to}","text":"{text}","reference":"{id}"}', "请求内容", "Body", "按内容类型自动转义。",
        "What is filled in is escaped for the content type.", group="http", shown_when=_HTTP, multiline=True,
    )  # fmt: skip
    api_secret: SecretStr | None = field(None, "接口口令", "API secret", group="http", shown_when=_HTTP)
    id_path: Line = field(
        "id", "消息号在回应的哪里", "Where the answer has the id", "JSON 路径，例如 data.0.id。",
        "A JSON path like data.0.id.", group="http", shown_when=_HTTP,
    )  # fmt: skip
    error_path: Line = field("error", "错误码在哪里", "Where it has the error", group="http", shown_when=_HTTP)
    ok_values: list[Line] = field(
        [], "表示成功的值", "Values that mean success", "错误码处出现这些值也算成功，例如 0、OK。",
        "These at the error's place mean success, for instance 0, OK.", group="http", shown_when=_HTTP,
    )  # fmt: skip
    retry_values: list[Line] = field(
        [],
        "可重试的错误码",
        "Errors worth another try",
        "其他错误码不再重试。",
        "Any other error is final.",
        group="http",
        shown_when=_HTTP,
    )

    items_path: Line = field(
        "", "上行与报告的列表", "List of texts and reports", "回调里数组的路径；空表示整个内容是一条或一个数组。",
        "Path of the list in what is posted; empty: the whole is one, or a list.", group="mapping", shown_when=_HTTP,
    )  # fmt: skip
    in_from: Line = field("from", "上行：号码", "Text: number", group="mapping", shown_when=_HTTP)
    in_text: Line = field("text", "上行：内容", "Text: words", group="mapping", shown_when=_HTTP)
    in_id: Line = field("id", "上行：编号", "Text: id", group="mapping", shown_when=_HTTP)
    report_id: Line = field("id", "报告：消息号", "Report: id", group="mapping", shown_when=_HTTP)
    report_state: Line = field("status", "报告：状态", "Report: state", group="mapping", shown_when=_HTTP)
    report_error: Line = field("error", "报告：错误码", "Report: error", group="mapping", shown_when=_HTTP)
    delivered_values: list[Line] = field(
        ["delivered", "DELIVRD", "success", "true"],
        "表示已送达的值",
        "Values that mean delivered",
        group="mapping",
        shown_when=_HTTP,
    )
    failed_values: list[Line] = field(
        ["failed", "undelivered", "UNDELIV", "REJECTD", "EXPIRED", "false"],
        "表示失败的值", "Values that mean failed", group="mapping", shown_when=_HTTP,
    )  # fmt: skip
    hook_answer: Line = field(
        "OK",
        "回应服务商",
        "Answer to the provider",
        "它要看到什么才不再重发。",
        "What it must read to stop repeating.",
        group="mapping",
        shown_when=_HTTP,
    )


def plain(settings: Any) -> SmsSettings:
    """The settings out of an endpoint's plain values; secrets stay where they are."""
    return SmsSettings.model_validate(
        {key: value for key, value in dict(settings).items() if key in SmsSettings.model_fields}
    )
