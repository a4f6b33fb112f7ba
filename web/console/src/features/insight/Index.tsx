import { Navigate } from "@tanstack/react-router";
import { useCan } from "@/app/session";

export default function InsightIndex() {
  return <Navigate to={useCan("wallboard.view") ? "/insight/wallboard" : "/insight/ratings"} replace />;
}
