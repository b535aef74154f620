// Permissions and quotas on a test cluster: java -cp KAFKA Admin.java BROKERS grant|deny|allow PREFIX [TOPIC|GROUP], or quota CLIENT BYTES
// grant: the user dateline may do everything under the prefix. deny: forbids writing topics, or reading the group; allow: lifts it.
// quota: limits how many bytes per second the client may write.

import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

public class Admin {
    static AclBinding binding(ResourceType type, String prefix, AclOperation operation, AclPermissionType permission) {
        var entry = new AccessControlEntry("User:dateline", "*", operation, permission);
        return new AclBinding(new ResourcePattern(type, prefix, PatternType.PREFIXED), entry);
    }

    public static void main(String[] arguments) throws Exception {
        String prefix = arguments[2];
        try (var admin = AdminClient.create(Map.<String, Object>of("bootstrap.servers", arguments[0]))) {
            if (arguments[1].equals("quota")) {
                var client = new ClientQuotaEntity(Map.of(ClientQuotaEntity.CLIENT_ID, arguments[2]));
                var rate = new ClientQuotaAlteration.Op("producer_byte_rate", Double.valueOf(arguments[3]));
                admin.alterClientQuotas(List.of(new ClientQuotaAlteration(client, List.of(rate)))).all().get();
                return;
            }
            if (arguments[1].equals("grant")) {
                var types = List.of(ResourceType.TOPIC, ResourceType.GROUP, ResourceType.TRANSACTIONAL_ID);
                var all = types.stream().map(t -> binding(t, prefix, AclOperation.ALL, AclPermissionType.ALLOW)).toList();
                admin.createAcls(all).all().get();
                return;
            }
            var type = ResourceType.valueOf(arguments[3]);
            var operation = type == ResourceType.TOPIC ? AclOperation.WRITE : AclOperation.READ;
            var denied = binding(type, prefix, operation, AclPermissionType.DENY);
            if (arguments[1].equals("deny")) {
                admin.createAcls(List.of(denied)).all().get();
            } else {
                admin.deleteAcls(List.of(denied.toFilter())).all().get();
            }
        }
    }
}
