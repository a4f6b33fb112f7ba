import { Navigate } from "@tanstack/react-router";

export default function KnowledgeIndex() {
  return <Navigate to="/knowledge/faqs" replace />;
}
