// What goes wrong in a request, in the contract's shape.

export interface FieldFault {
  field: string;
  message: string;
}

interface ErrorBody {
  error?: {
    type?: string;
    code?: string;
    message?: string;
    param?: string | null;
    request_id?: string;
    details?: FieldFault[];
  };
}

/** A request that the API refused, or that did not reach it. */
export class ApiFailure extends Error {
  override readonly name = "ApiFailure";

  constructor(
    message: string,
    /** HTTP status; 0 when there was no answer. */
    readonly status: number,
    readonly code: string,
    readonly requestId: string | null,
    readonly param: string | null = null,
    readonly details: FieldFault[] = [],
  ) {
    super(message);
  }

  /** What is wrong with one field of a form, if anything. */
  of(field: string): string | undefined {
    const fault = this.details.find((detail) => detail.field === field || detail.field.startsWith(`${field}.`));
    return fault?.message ?? (this.param === field ? this.message : undefined);
  }
}

/** The failure that a response tells of; what is not JSON comes from a proxy. */
export async function failureOf(response: Response): Promise<ApiFailure> {
  const requestId = response.headers.get("X-Request-Id");
  let body: ErrorBody = {};
  try {
    body = (await response.json()) as ErrorBody;
  } catch {
    // Left empty: the status says enough.
  }
  const { message, code, param, details, request_id } = body.error ?? {};
  return new ApiFailure(
    message ?? `${response.status} ${response.statusText}`.trim(),
    response.status,
    code ?? "unexpected",
    request_id ?? requestId,
    param ?? null,
    details ?? [],
  );
}
