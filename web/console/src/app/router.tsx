import {
  type AnyRoute,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  type RouteComponent,
  redirect,
  useNavigate as useTanstackNavigate,
} from "@tanstack/react-router";
import { Button } from "antd";
import { Compass, Lock } from "lucide-react";
import { api, configureClient } from "@/api/client";
import { Problem } from "@/api/problem";
import { queryClient } from "@/api/queryClient";
import type { Permission } from "@/api/types";
import { EmptyState, ErrorState, LoadingState } from "@/ui/states";
import { type FeatureRoute, features } from "./feature";
import { useT } from "./i18n";
import { meQuery, useCan } from "./session";

function NotFound() {
  const t = useT();
  const navigate = useGo();
  return (
    <EmptyState
      icon={Compass}
      title={t("errors.no_page")}
      hint={t("errors.no_page_hint")}
      action={<Button onClick={() => navigate("/")}>{t("errors.go_home")}</Button>}
    />
  );
}

function Guarded(props: { permissions?: Permission[]; children: React.ReactNode }) {
  const t = useT();
  const allowed = useCan(...(props.permissions ?? []));
  return allowed ? props.children : <EmptyState icon={Lock} title={t("errors.forbidden")} />;
}

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound });

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  component: lazyRouteComponent(() => import("./Login")),
  validateSearch: (search: Record<string, unknown>) => ({
    ...(typeof search.next === "string" ? { next: search.next } : {}),
    // The session ended under somebody's hands; it is said why they are here.
    ...(search.ended ? { ended: true } : {}),
  }),
});

const shell = createRoute({
  getParentRoute: () => root,
  id: "shell",
  beforeLoad: async ({ location }) => {
    const next = location.pathname + location.searchStr;
    const back = next === "/" ? {} : { next };
    try {
      const { user } = await queryClient.ensureQueryData(meQuery);
      // Nothing else is open to somebody with a temporary password.
      if (user.must_change_password) throw redirect({ to: "/login", search: back });
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 401) throw error;
      // Nobody can sign in before there is anybody: a fresh installation greets with the wizard.
      const setup = await api.get<{ done: boolean }>("/setup").catch(() => ({ done: true }));
      if (!setup.done) throw redirect({ to: "/setup" as string });
      throw redirect({ to: "/login", search: back });
    }
  },
  component: lazyRouteComponent(() => import("./Shell")),
  pendingComponent: () => <LoadingState />,
  errorComponent: ({ error, reset }) => <ErrorState error={error} retry={reset} />,
});

function build(parent: AnyRoute, route: FeatureRoute): AnyRoute {
  const Page = lazyRouteComponent(route.component) as unknown as RouteComponent & {
    preload?: () => Promise<void>;
  };
  const permissions = route.permissions;
  const node: AnyRoute = createRoute({
    getParentRoute: () => parent,
    path: route.path,
    component: permissions?.length
      ? () => (
          <Guarded permissions={permissions}>
            <Page />
          </Guarded>
        )
      : Page,
    pendingComponent: () => <LoadingState />,
    errorComponent: ({ error, reset }) => <ErrorState error={error} retry={reset} />,
    notFoundComponent: NotFound,
    loader: () => Page.preload?.(),
    ...(route.validateSearch ? { validateSearch: route.validateSearch } : {}),
  }) as unknown as AnyRoute;
  if (route.children?.length) node.addChildren(route.children.map((child) => build(node, child)));
  return node;
}

const inShell = features.flatMap((f) => f.routes.filter((r) => r.layout !== "bare"));
const bare = features.flatMap((f) => f.routes.filter((r) => r.layout === "bare"));

const tree = root.addChildren([
  login,
  shell.addChildren(inShell.map((route) => build(shell, route))),
  ...bare.map((route) => build(root, route)),
]);

export const router = createRouter({
  routeTree: tree,
  basepath: "/console",
  defaultPreload: "intent",
  scrollRestoration: false,
  defaultPendingMs: 150,
});

let leaving = false;

/** To the login because one wants to: what `end` makes fail meanwhile is no session that ended by itself. */
export async function leave(end: () => Promise<unknown>): Promise<void> {
  leaving = true;
  try {
    await end();
    await router.navigate({ to: "/login" });
  } finally {
    leaving = false;
  }
}

/** To the login, and back to where one was afterwards. */
export function sessionEnded(): void {
  if (leaving || router.state.location.pathname.endsWith("/login")) return;
  queryClient.removeQueries({ queryKey: meQuery.queryKey });
  void router.navigate({
    to: "/login",
    search: { next: router.state.location.pathname + router.state.location.searchStr, ended: true },
  });
}

configureClient({ onUnauthenticated: sessionEnded });

/** Navigate by plain path: `go("/customers/…")`. */
export function useGo(): (path: string, options?: { replace?: boolean }) => void {
  const navigate = useTanstackNavigate();
  return (path, options) => void navigate({ to: path as string, replace: options?.replace });
}
