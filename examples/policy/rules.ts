/** What these rules read of a resource's inputs. Pulumi gives a policy the inputs that the provider has checked, with defaults. */
export interface Props {
  readonly tenant?: string;
  /** A flow's service, as its `ref`. */
  readonly service?: { readonly tenant?: string };
  /** When a tap ends. */
  readonly until?: string;
  readonly filter?: string | readonly FilterRule[];
  readonly defaultAction?: "accept" | "reject";
  readonly rateLimit?: object;
}

type FilterRule = Readonly<Record<string, unknown>>;

/** TapService, TapFlow and so on, for a resource of the plugin and for one of a TypeScript program. */
function kindOf(type: string): string | undefined {
  return /^(?:taas:index:|pulumi-nodejs:dynamic\/taas:)(\w+)$/.exec(type)?.[1];
}

/** What is wrong with the tenants of a resource: each must be one of those allowed. */
export function tenantViolation(type: string, props: Props, allowed: readonly string[]): string | undefined {
  const kind = kindOf(type);
  if (kind !== "TapService" && kind !== "TapFlow" && kind !== "MonitorPort") return undefined;
  const tenants = kind === "TapFlow" ? [props.tenant, props.service?.tenant] : [props.tenant];
  if (tenants.includes(undefined)) return `needs a tenant, one of ${allowed.join(", ")}`;
  const other = tenants.find((tenant) => !allowed.includes(tenant!));
  return other === undefined ? undefined : `tenant "${other}" is none of ${allowed.join(", ")}`;
}

/** What is wrong with the duration of a tap: one that is not of the team's own tenant must end. */
export function endViolation(type: string, props: Props, own: string): string | undefined {
  if (kindOf(type) !== "TapFlow" || props.tenant === own || props.until !== undefined) return undefined;
  const whose = props.tenant === undefined ? "of no tenant" : `of tenant "${props.tenant}"`;
  return `taps a VM ${whose}, which is not "${own}": give it an end with until`;
}

/** What is wrong with the amount of copies: a tap of every frame needs a cap. */
export function capViolation(type: string, props: Props): string | undefined {
  if (kindOf(type) !== "TapFlow" || props.rateLimit !== undefined || !takesEverything(props))
    return undefined;
  return "copies every frame without a cap: give it a filter or a rateLimit";
}

/** Whether a filter lets every frame through. The first rule that matches decides, as in the tap itself. */
function takesEverything({ filter = [], defaultAction }: Props): boolean {
  if (typeof filter === "string") return filter.trim() === "";
  const end = filter.findIndex(matchesEverything);
  const deciding = end < 0 ? filter : filter.slice(0, end + 1);
  const rest = defaultAction ?? (filter.length === 0 ? "accept" : "reject");
  return deciding.every(({ action }) => action === "accept") && (end >= 0 || rest === "accept");
}

function matchesEverything(rule: FilterRule): boolean {
  return Object.keys(rule).every((field) => field === "action" || field === "snapLength");
}
