import CNetlink

/// The number of a netlink attribute: the kernel's constants, whichever way C declares them.
protocol AttributeNumber {
  var attributeNumber: UInt16 { get }
}

extension AttributeNumber where Self: RawRepresentable, RawValue == UInt32 {
  var attributeNumber: UInt16 { UInt16(rawValue) }
}

extension Int: AttributeNumber {
  var attributeNumber: UInt16 { UInt16(self) }
}

extension UInt16: AttributeNumber {
  var attributeNumber: UInt16 { self }
}

extension rtattr_type_t: AttributeNumber {}
extension nft_table_attributes: AttributeNumber {}
extension nft_chain_attributes: AttributeNumber {}
extension nft_hook_attributes: AttributeNumber {}
extension nft_rule_attributes: AttributeNumber {}
extension nft_expr_attributes: AttributeNumber {}
extension nft_list_attributes: AttributeNumber {}
extension nft_data_attributes: AttributeNumber {}
extension nft_verdict_attributes: AttributeNumber {}
extension nft_set_attributes: AttributeNumber {}
extension nft_set_elem_attributes: AttributeNumber {}
extension nft_set_elem_list_attributes: AttributeNumber {}
extension nft_immediate_attributes: AttributeNumber {}
extension nft_bitwise_attributes: AttributeNumber {}
extension nft_cmp_attributes: AttributeNumber {}
extension nft_lookup_attributes: AttributeNumber {}
extension nft_payload_attributes: AttributeNumber {}
extension nft_meta_attributes: AttributeNumber {}
extension nft_ct_attributes: AttributeNumber {}
extension nft_reject_attributes: AttributeNumber {}
extension nft_nat_attributes: AttributeNumber {}
extension nft_masq_attributes: AttributeNumber {}
extension nft_hash_attributes: AttributeNumber {}
extension nft_ng_attributes: AttributeNumber {}
extension nft_fib_attributes: AttributeNumber {}
extension nft_gen_attributes: AttributeNumber {}
extension nfnl_batch_attributes: AttributeNumber {}
extension ctattr_type: AttributeNumber {}
extension ctattr_tuple: AttributeNumber {}
extension ctattr_ip: AttributeNumber {}
extension ctattr_l4proto: AttributeNumber {}
extension nlmsgerr_attrs: AttributeNumber {}
