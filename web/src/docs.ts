// The page /docs: every path with its parameters, to be tried in place. Nothing comes from elsewhere.
import "swagger-ui-dist/swagger-ui.css";
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";

SwaggerUI({ url: "/openapi.json", dom_id: "#api", deepLinking: true, validatorUrl: null });
