import { lazy, Suspense } from "react";
import { useCreating } from "./state";

const CreateDrawer = lazy(() => import("./CreateDrawer"));

/** The drawer of a new ticket, fetched when it is first wanted. */
export default function Overlay() {
  const open = useCreating((s) => s.open);
  return open ? (
    <Suspense fallback={null}>
      <CreateDrawer beginning={open} />
    </Suspense>
  ) : null;
}
