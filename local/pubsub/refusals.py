"""What the emulator answers when it does not do what was asked."""


class Refusal(Exception):
    """A request that is not carried out.

    Args:
        status: of the HTTP answer.
        message: one sentence for whoever reads the answer.
        code: the service's word for it, in the body and in `x-ms-error-code`.
    """

    def __init__(self, status: int, message: str, code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code or CODES.get(status, "Error")


CODES = {
    400: "Error.BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    409: "Conflict",
    413: "PayloadTooLarge",
    415: "UnsupportedMediaType",
    500: "InternalServerError",
}
